"""A caller's JSON Schemas, made into what each provider takes.

    rules.py      what a provider takes, as data
    plain.py      any draft's schema as plain draft 2020-12, its references gathered under $defs
    merging.py    several schemas that hold together, as one
    root.py       the root as one object, which every provider wants
    lowering.py   the constructs that a provider does not take, said otherwise or told to the model
    closing.py    the closed form that strict modes want
    preparing.py  a whole request: schemas, names, and the way back

What a provider cannot be told in its schema is told to the model in a description, and checked when the call or the answer comes.
"""
