"""The tool that runs Python which the model wrote. Where it runs is a port: a page has one, in web/sandbox/."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from ..agent.context import current_call, current_run
from ..core.errors import ConfigError, ToolError
from ..core.events import ToolProgress
from ..core.messages import Image, Part, Text
from ..core.tool import Approval, check_approval
from .python_files import Changed, FileTree, TreeSession

DESCRIPTION = (
    "Runs Python and gives what it prints, the value of the last expression, and pictures (of matplotlib, PIL). Variables stay from call "
    "to call. numpy and other packages load when they are imported. There is no network{network}.{files} display(value) shows more than "
    "one value."
)
PARAMETERS = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "A Python program; `await` works at its top level."},
        "reset": {"type": "boolean", "description": "Begin with a new interpreter, without the variables so far."},
    },
    "required": ["code"],
    "additionalProperties": False,
}
START_S = 100.0
MOST_PICTURES = 8
MOST_PICTURE_CHARACTERS = 6 << 20


class Sandbox(Protocol):
    """An interpreter that can be ended; it starts with the first run, and anew with the first one after its end."""

    def run(self, work: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """work: {code, folders: [path], files: [{path, data}], deleted: [path]}, data in base64. Gives {type: "output", stream, text},
        {type: "shown", part: JSON} and at last {type: "done", result, files, deleted, ended, fresh}; see web/sandbox/sandbox.js. Leaving it
        ends the interpreter. Raises ConfigError where it does not start."""

    def end(self) -> None: ...


class PythonTool:
    """One interpreter for all calls of this tool, one call after another."""

    parameters = PARAMETERS
    emits = True

    def __init__(
        self,
        sandbox: Sandbox,
        *,
        allowed_hosts: Sequence[str] = (),
        files: tuple[FileTree, TreeSession] | None = None,
        timeout_s: float = 30.0,
        output_bytes: int = 20_000,
        name: str = "python",
        approval: Approval = "never",
    ) -> None:
        for option, limit in (("timeout_s", timeout_s), ("output_bytes", output_bytes)):
            if not limit > 0:
                raise ConfigError(f"{option} is more than 0, not {limit!r}")
        self.name = name
        self.timeout_s = timeout_s + START_S  # the interpreter's own limit comes first, and tells more
        self.approval = check_approval(approval, name)
        network = f", but for {', '.join(allowed_hosts)}" if allowed_hosts else ""
        told = " Files are below /toolfs; what is changed there is kept." if files else ""
        self.description = DESCRIPTION.format(network=network, files=told)
        self._sandbox, self._output_bytes = sandbox, output_bytes
        self._files = Changed(*files) if files else None
        self._lock = asyncio.Lock()
        self._was_used = False

    def reset(self) -> None:
        """Ends the interpreter, whatever it is doing; the next call starts another."""
        self._end()
        self._was_used = False

    async def call(self, args: Mapping[str, Any]) -> list[Part]:
        async with self._lock:
            if args.get("reset"):
                self.reset()
            files = await self._files.load() if self._files else {"folders": [], "files": [], "deleted": []}
            printed, done = "", None
            shown: list[Part] = []
            try:
                async with aclosing(self._sandbox.run({"code": args["code"], **files})) as events:
                    async for event in events:
                        if event["type"] == "output":
                            printed += event["text"]
                            self._tell(event["stream"], event["text"])
                        elif event["type"] == "shown":
                            shown.append(self._read_part(json.loads(event["part"]), shown))
                            self._tell("display", "", shown[-1])
                        else:
                            done = event
            except BaseException:  # cancelled, or it did not start
                self._end()
                raise
            assert done is not None
            return await self._answer(printed, shown, done)

    def _end(self) -> None:
        self._sandbox.end()
        if self._files:
            self._files.forget()

    def _tell(self, stream: str, text: str, part: Part | None = None) -> None:
        context, call = current_run(), current_call()
        if context and context.emit and call:
            context.emit(ToolProgress(call.id, self.name, stream, text, part))

    def _read_part(self, part: Mapping[str, Any], before: Sequence[Part]) -> Part:
        """What the code showed. It is a stranger's word: what is of no use is left out."""
        if part.get("type") == "text":
            return Text(_cut(str(part.get("text")), self._output_bytes))
        data = str(part.get("data"))
        if sum(isinstance(other, Image) for other in before) == MOST_PICTURES or len(data) > MOST_PICTURE_CHARACTERS:
            return Text("[a picture too many, or too big, is left out]")
        return Image(data=base64.b64decode(data), media_type="image/png")

    async def _answer(self, printed: str, shown: Sequence[Part], done: Mapping[str, Any]) -> list[Part]:
        result = json.loads(done["result"])
        notes = ["[a new interpreter: the variables of earlier calls are gone]"] if done["fresh"] and self._was_used else []
        self._was_used = True
        if self._files:
            notes += await self._files.save(done["files"], done["deleted"])
        pictures = [part for part in shown if isinstance(part, Image)]
        texts = [*notes, _cut(printed.rstrip(), self._output_bytes), *(part.text for part in shown if isinstance(part, Text))]
        if result.get("error"):
            texts.append(_cut(str(result["error"]), self._output_bytes))
        if done["ended"]:
            if self._files:
                self._files.forget()
            texts.append(f"The interpreter was ended: {done['ended']}. The next call starts with a new one, without any variables.")
        text = "\n".join(filter(None, texts))
        if done["ended"] or result.get("error"):
            raise ToolError(text)
        return [Text(text or "Done; it printed nothing and gave None."), *pictures]


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[the rest is cut]"
