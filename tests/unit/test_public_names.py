"""What a developer sees of the package without reading it: names, docstrings, signatures and reprs."""

import inspect
import pydoc
import subprocess
import sys
import types
import typing

import pytest

import staysail
import staysail.testing
from staysail import Agent, CallOptions, Message, Reply, RunOptions, ToolCall, Usage, tool
from staysail.core.value import Value
from staysail.testing import ScriptedModel

EXPORTS = {name: getattr(module, name) for module in (staysail, staysail.testing) for name in module.__all__}
OPTIONS = (*CallOptions.__annotations__, "output_type", "deps")
CALLS = [
    name
    for name, method in inspect.getmembers(Agent, inspect.isfunction)
    if not name.startswith("_") and name not in ("output_mode", "request")
]


def test_dir_is_complete_before_anything_is_loaded():
    program = "import staysail, sys; print({*staysail.__all__} - {*dir(staysail)}, 'staysail.stores.vector_store' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set() False"


def test_all_is_sorted_and_holds_each_name_once():
    names = [name for name in staysail.__all__ if name != "__version__"]
    assert len(names) == len(set(names))
    assert set(staysail.LAZY) <= set(names)


@pytest.mark.parametrize("name", [name for name, value in EXPORTS.items() if not isinstance(value, str)])
def test_every_export_has_a_docstring_of_its_own(name: str):
    value = EXPORTS[name]
    if isinstance(value, typing.TypeAliasType | types.UnionType):
        return
    doc = vars(value).get("__doc__") if isinstance(value, type) else value.__doc__
    assert doc, f"{name} has no docstring"
    assert len(doc.strip()) > 10


def signature_of(value) -> inspect.Signature | None:
    if isinstance(value, type) and (typing.is_protocol(value) or typing.is_typeddict(value)):
        return None
    return inspect.signature(value) if callable(value) and not isinstance(value, typing.TypeAliasType) else None


@pytest.mark.parametrize("name", [name for name, value in EXPORTS.items() if not isinstance(value, str)])
def test_every_export_lists_its_parameters(name: str):
    signature = signature_of(EXPORTS[name])
    if signature is not None:
        bare = [parameter for parameter in signature.parameters.values() if parameter.kind == parameter.VAR_KEYWORD]
        assert bare == [], f"{name}{signature}"


@pytest.mark.parametrize("name", [name for name, value in EXPORTS.items() if isinstance(value, type)])
def test_every_method_of_an_export_lists_its_parameters(name: str):
    methods = inspect.getmembers(EXPORTS[name], lambda member: inspect.isfunction(member) or inspect.ismethod(member))
    public = {found: inspect.signature(method) for found, method in methods if not found.startswith("_")}
    public.pop("replace", None)  # takes the fields, which the class lists
    assert [f"{found}{signature}" for found, signature in public.items() if "**" in str(signature)] == []


@pytest.mark.parametrize("name", [name for name, value in EXPORTS.items() if isinstance(value, type) and issubclass(value, Value)])
def test_a_value_shows_its_fields(name: str):
    assert tuple(inspect.signature(EXPORTS[name]).parameters) == EXPORTS[name].__match_args__


@pytest.mark.parametrize("name", ["__init__", *CALLS])
def test_an_agent_and_each_of_its_calls_list_every_option_with_type_and_words(name: str):
    method = getattr(Agent, name)
    parameters = inspect.signature(method).parameters
    given = {"batch": (), "extract": ("output_type",)}.get(name, ())
    missing = [option for option in OPTIONS if option not in parameters and option not in given]
    assert missing == []
    assert all(parameter.annotation is not parameter.empty for parameter in list(parameters.values())[1:])
    said = inspect.getdoc(Agent if name == "__init__" else method)
    assert [option for option in OPTIONS if f"{option}: " not in said] == []


def test_help_shows_the_options():
    shown = pydoc.plain(pydoc.render_doc(Agent("openai:m", api_key="k").prompt))
    assert "max_turns: 'int' = ..." in shown
    assert "max_turns: The most model calls of a run" in shown
    assert "max_turns: 'int' = 10" in pydoc.plain(pydoc.render_doc(Agent))


def test_every_option_is_described():
    described = inspect.cleandoc(CallOptions.__doc__ or "") + inspect.cleandoc(RunOptions.__doc__ or "")
    assert [option for option in OPTIONS if f"{option}: " not in described] == []


def test_no_repr_of_a_public_object_shows_a_key():
    key = "sk-proj-" + "a1b2c3d4" * 4
    agent = Agent("openai:m", api_key=key, headers={"Authorization": f"Bearer {key}"})
    shown = [
        agent,
        agent.settings,
        agent.model,
        staysail.EmbeddingModel("openai:e", api_key=key),
        staysail.load_model("xai:m", api_key=key),
    ]
    shown += [
        staysail.QdrantStore("http://127.0.0.1:1", "a", api_key=key),
        staysail.ClientCredentials(client_id="a", client_secret=key),
    ]
    assert [item for item in shown if key in repr(item)] == []


async def test_values_show_their_fields_and_nothing_that_is_the_default():
    assert repr(Usage(1, 2)) == "Usage(input_tokens=1, output_tokens=2)"
    reply = await Agent(ScriptedModel(["Fair winds."])).prompt("?")
    assert repr(reply).startswith("Reply(text='Fair winds.', output='Fair winds.', messages=(Message(")
    assert repr(ToolCall("1", "a", {"b": 1})) == "ToolCall(id='1', name='a', arguments={'b': 1})"


def test_stores_name_themselves_in_a_terminal():
    assert repr(staysail.VectorStore(":memory:")) == "VectorStore(':memory:')"
    assert repr(staysail.ToolFS(":memory:")) == "ToolFS(':memory:')"


def test_subscripts_are_for_type_checkers_and_cost_nothing():
    assert Agent[int] is not None
    assert isinstance(Agent[int, str](ScriptedModel([])), Agent)
    assert Reply[int]("a", 1, (Message.user("a"),), Usage(), "stop").output == 1


def test_a_tool_keeps_its_name_help_and_signature():
    @tool
    def berth(length_m: float) -> str:
        """A free berth."""
        return "3"

    assert "A free berth." in pydoc.plain(pydoc.render_doc(berth))
    assert str(inspect.signature(berth)) == "(length_m: float) -> str"
