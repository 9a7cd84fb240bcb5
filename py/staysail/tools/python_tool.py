"""The tool that runs Python which the model wrote. Where it runs is a port: a page has one, in web/sandbox/."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from ..agent.context import current_call, current_run
from ..core.defaults import Defaults
from ..core.errors import ConfigError, ToolError
from ..core.events import ToolProgress
from ..core.hosts import HOST
from ..core.json_text import read_json
from ..core.messages import Image, Part, Text
from ..core.tool import Approval, check_approval
from .python_files import MOST, FileTree, SharedFiles, TreeSession

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
LEAST_MEMORY_BYTES = 64 << 20
MOST_MEMORY_BYTES = 4 << 30
MOST_PICTURES = 8
MOST_PICTURE_CHARACTERS = 6 << 20


class Sandbox(Protocol):
    """An interpreter that can be ended; it starts with the first run, and anew with the first one after its end."""

    def run(self, work: Mapping[str, Any]) -> AsyncGenerator[dict[str, Any]]:
        """Runs code, and yields what it prints and shows and at last {type: "done"}; web/sandbox/sandbox.js describes both. Leaving the
        generator ends the interpreter. Raises ConfigError where it does not start."""

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
        files_text = " Files are below /toolfs; what is changed there is kept." if files else ""
        self.description = DESCRIPTION.format(network=network, files=files_text)
        self._sandbox, self._output_bytes = sandbox, output_bytes
        self._files = SharedFiles(*files) if files else None
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
            files = await self._files.load() if self._files else {"folders": [], "files": [], "deleted": [], "most": MOST}
            printed, done = "", None
            shown: list[Part] = []
            try:
                async with aclosing(self._sandbox.run({"code": args["code"], **files})) as events:
                    async for event in events:
                        if event["type"] == "output":
                            printed += event["text"]
                            self._tell(event["stream"], event["text"])
                        elif event["type"] == "shown":
                            shown.append(self._read_part(event["part"], shown))
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

    def _read_part(self, text: str, before: Sequence[Part]) -> Part:
        """Reads the JSON of a part that the code showed: its own display or a forged one."""
        try:
            part = read_json(text)
            if part["type"] == "text":
                return Text(_cut(str(part["text"]), self._output_bytes))
            if sum(isinstance(other, Image) for other in before) == MOST_PICTURES or len(part["data"]) > MOST_PICTURE_CHARACTERS:
                return Text("[a picture too many, or too big, is left out]")
            return Image(data=base64.b64decode(part["data"], validate=True), media_type="image/png")
        except (ValueError, TypeError, LookupError):
            return Text("[something that cannot be read is left out]")

    async def _answer(self, printed: str, shown: Sequence[Part], done: Mapping[str, Any]) -> list[Part]:
        result = _read_result(done["result"])
        notes = ["[a new interpreter: the variables of earlier calls are gone]"] if done["fresh"] and self._was_used else []
        self._was_used = True
        if over := done.get("over"):
            notes.append(
                f"[no file of this call was kept: below /toolfs are {over['files']} files and {over['bytes']} bytes or more, and at most "
                f"{MOST['files']} and {MOST['bytes']} are. Delete some of them.]"
            )
        elif self._files:
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


def _read_result(text: str) -> Mapping[str, Any]:
    """The harness's result of a call; an error where it cannot be read."""
    try:
        result = read_json(text)
    except ValueError:
        result = None
    return result if isinstance(result, dict) else {"error": "the interpreter gave a result that cannot be read"}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\n[the rest is cut]"


def python_tool(
    *,
    allowed_hosts: Sequence[str] = (),
    files: tuple[Any, Any] | None = None,
    timeout_s: float = 30.0,
    memory_bytes: int = 512 << 20,
    output_bytes: int = 20_000,
    name: str = "python",
    approval: Approval = "never",
    web: str | None = None,
) -> PythonTool:
    """Returns a tool that runs Python which the model wrote, in an interpreter of its own.

        agent = Agent(model, tools=[python_tool(files=(toolfs, session), timeout_s=20)])

    The interpreter runs in a worker inside a frame of nobody's origin, whose policy lets nothing be fetched. It is ended when a call takes
    longer than timeout_s, uses up memory_bytes or goes on after its end; the next call starts another one and says so. Names stay from call
    to call until then: give each conversation a tool of its own. Tasks, timers and callbacks end with their call. Printed text comes as
    `ToolProgress` events.

    Args:
        allowed_hosts: Hosts that the code may send requests to, such as "api.example.org" or "*.example.org". Without any, only the
            packages of the runtime's folder can be imported; those of Python's package index let micropip install others.
        files: A ToolFS and a session of it. The files that the session may read are below /toolfs, at most 5,000 with 32 MiB, and changes
            are written back under that session.
        timeout_s: Seconds for one call.
        memory_bytes: The most memory of the interpreter, from 64 MiB to 4 GiB.
        output_bytes: The most bytes of text in a result.
        name: The tool's name.
        approval: When a call waits for approval: "never", "always" or a function of the arguments.
        web: Address of the npm package's files, for Python that staysail's own JavaScript did not start; the address given to
            `use_web_files`, if left out. In a worker its page must have loaded sandbox/for-workers.js of that folder.

    Raises ConfigError outside of a page at once, and for options out of range."""
    bad = [host for host in allowed_hosts if not HOST.fullmatch(host.lower())]
    if bad:
        raise ConfigError(f"allowed_hosts: {bad[0]!r} is no host; write api.example.org, *.example.org or localhost:8080")
    if not LEAST_MEMORY_BYTES <= memory_bytes <= MOST_MEMORY_BYTES:
        raise ConfigError(f"memory_bytes is from {LEAST_MEMORY_BYTES} to {MOST_MEMORY_BYTES}, not {memory_bytes!r}")
    options = {
        "allowedHosts": [host.lower() for host in allowed_hosts],
        "timeoutMs": timeout_s * 1000,
        "memoryBytes": memory_bytes,
        "outputBytes": output_bytes,
    }
    sandbox = Defaults.open_sandbox(options, web)
    return PythonTool(
        sandbox,
        allowed_hosts=allowed_hosts,
        files=files,
        timeout_s=timeout_s,
        output_bytes=output_bytes,
        name=name,
        approval=approval,
    )
