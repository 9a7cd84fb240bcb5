"""Prepares a caller's JSON Schemas for each provider.

    rules.py      keywords, formats, names and limits that a provider accepts, as data
    plain.py      normalises a schema of any draft to draft 2020-12, with its definitions under $defs
    merging.py    merges schemas that hold together
    root.py       makes the root one object, which every provider requires
    lowering.py   replaces constructs that a provider does not accept
    closing.py    makes the closed form that strict modes require
    preparing.py  prepares a whole request, and restores names in the answer

A condition that the provider's schema cannot express is written into a description for the model, and checked when the call or the answer
comes.
"""
