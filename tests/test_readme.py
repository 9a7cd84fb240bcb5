"""The README's Python runs as it stands, with a scripted model in the provider's place."""

import ast
import asyncio
import inspect
import re
from pathlib import Path

from staysail import ToolCall
from staysail.core.defaults import Defaults
from staysail.testing import ScriptedModel

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


async def test_the_example_in_python_runs(monkeypatch, capsys):
    model = ScriptedModel([[ToolCall("1", "weather", {"city": "Oslo"})], "It is 7 °C in Oslo.", "And 18 °C in Rome."])
    monkeypatch.setattr(Defaults, "load_model", lambda name, **options: model)
    (source,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    code = compile(source, "README.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, {"key": "k", "__name__": "readme"})
    if inspect.iscoroutine(result):
        await asyncio.wait_for(result, 10)
    assert capsys.readouterr().out == "It is 7 °C in Oslo. 4\n"
    assert len(model.requests) == 3
    assert model.requests[0].tools[0].parameters["properties"]["city"]["description"] == "Name of the city."
