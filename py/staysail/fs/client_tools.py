"""Tools on a ToolFS on which models were trained: Claude's text editor and memory, GPT's apply_patch. Other models receive functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..core.errors import ToolError, ToolFSError
from ..core.native import ClientTool, NativeTool, object_schema
from ..core.tool import Approval
from .agent_tools import MOST_CHARACTERS, MOST_ENTRIES, Tree
from .entry import hash_of
from .patch import apply_diff, new_file
from .path import resolve_path
from .session import Session

TEXT: Mapping[str, Any] = {"type": "string"}
COMMANDS: Mapping[str, Any] = {
    "path": {"type": "string", "description": "Of the file or directory."},
    "view_range": {"type": "array", "items": {"type": "integer"}, "description": "view: the first and the last line; -1 is the end."},
    "file_text": {"type": "string", "description": "create: the whole content."},
    "old_str": {"type": "string", "description": "str_replace: exactly as it is in the file, where it occurs once."},
    "new_str": {"type": "string", "description": "str_replace: what takes its place."},
    "insert_line": {"type": "integer", "description": "insert: the line after which the text goes; 0 is the beginning."},
    "insert_text": {"type": "string", "description": "insert: the text."},
}
EDITS = ("view", "create", "str_replace", "insert")
MEMORY = "/memories"


def text_editor(tree: Tree, session: Session, *, approval: Approval = "never") -> ClientTool:
    """Returns a tool that views and edits files by their paths in the ToolFS."""
    editor = Editor(tree, session)
    about = "Views, creates and edits text files. Commands: view, create, str_replace, insert."
    schema = object_schema({"command": {"type": "string", "enum": [*EDITS]}, **COMMANDS}, "command", "path")
    return ClientTool(NativeTool("text_editor"), "str_replace_based_edit_tool", about, schema, editor.call, approval=approval)


def memory(tree: Tree, session: Session, folder: str, *, approval: Approval = "never") -> ClientTool:
    """Returns a memory tool: the model's directory /memories is the ToolFS directory `folder`."""
    editor = Editor(tree, session, folder)
    about = (
        "Keeps notes for later conversations, as text files below /memories. Look there (view) before a task, and note what will help. "
        "Commands: view, create, str_replace, insert, delete, rename."
    )
    paths = {"old_path": {"type": "string", "description": "rename: from here."}, "new_path": {"type": "string", "description": "to here."}}
    commands = {"command": {"type": "string", "enum": [*EDITS, "delete", "rename"]}}
    schema = object_schema(commands | dict(COMMANDS) | paths, "command")
    return ClientTool(NativeTool("memory"), "memory", about, schema, editor.call, approval=approval)


def apply_patch(tree: Tree, session: Session, *, approval: Approval = "never") -> ClientTool:
    """Returns a tool that creates, changes and deletes files by diffs without line numbers."""

    async def call(type: str, path: str, diff: str = "") -> str:
        match type:
            case "create_file":
                await tree.write(path, new_file(diff), session, if_hash="")
            case "update_file":
                data = await tree.read(path, session)
                await tree.write(path, apply_diff(_text(data, path), diff, path), session, if_hash=hash_of(data))
            case _:
                await tree.delete(path, session)
        return f"{type.partition('_')[0]}d {path}"

    about = (
        "Creates, updates or deletes a text file. The diff of an update has sections that begin with @@ (and, if it helps, a line that "
        "stands above them), and lines that begin with a space (kept), - (taken out) or + (put in); that of a new file has + lines alone."
    )
    kinds = {"type": "string", "enum": ["create_file", "update_file", "delete_file"]}
    schema = object_schema({"type": kinds, "path": TEXT, "diff": TEXT}, "type", "path")
    return ClientTool(NativeTool("apply_patch"), "apply_patch", about, schema, call, approval=approval)


class Editor:
    """The commands of Claude's tools. folder: the ToolFS directory behind /memories; None for the ToolFS's own paths."""

    def __init__(self, tree: Tree, session: Session, folder: str | None = None) -> None:
        self._tree, self._session, self._folder = tree, session, folder

    async def call(self, command: str, **args: Any) -> str:
        if command == "rename":
            return await self._rename(_required(args, "old_path"), _required(args, "new_path"))
        path = _required(args, "path")
        run: Callable[..., Any] = getattr(self, f"_{command}")
        try:
            result: str = await run(path, args)
        except ToolFSError as error:
            if error.code == "not_found" and command != "create":
                raise ToolError(f"The path {path} does not exist. Please provide a valid path.") from error
            raise
        return result

    def _real(self, path: str) -> str:
        if self._folder is None:
            return path
        # Compared as segments, so that no path leaves the folder through `..`.
        steps = resolve_path(path)[1:]
        if steps[:1] != (MEMORY.strip("/"),):
            raise ToolError(f"The path {path} is not below {MEMORY}.")
        return "/".join((self._folder.rstrip("/"), *steps[1:]))

    def _shown(self, real: str) -> str:
        return real if self._folder is None else MEMORY + "/" + "/".join(resolve_path(real)[len(resolve_path(self._folder)) :])

    async def _view(self, path: str, args: Mapping[str, Any]) -> str:
        real = self._real(path)
        try:
            entries = await self._tree.list(real, self._session)
        except ToolFSError as error:
            if self._folder is not None and path.rstrip("/") == MEMORY and error.code == "not_found":
                return f"{MEMORY} is empty."
            if error.code != "not_a_directory":
                raise
            return self._numbered(path, _text(await self._tree.read(real, self._session), path), args.get("view_range"))
        lines: list[str] = []
        for entry in entries:
            lines.append(self._shown(entry.path) + ("/" if entry.kind == "directory" else ""))
            if entry.kind == "directory":
                below = await self._tree.list(entry.path, self._session)
                lines += [self._shown(inner.path) + ("/" if inner.kind == "directory" else "") for inner in below]
        more = [f"[{len(lines) - MOST_ENTRIES} more]"] if len(lines) > MOST_ENTRIES else []
        return "\n".join([f"Here're the files and directories up to 2 levels deep in {path}:", *lines[:MOST_ENTRIES], *more])

    def _numbered(self, path: str, text: str, span: Any) -> str:
        lines = text.split("\n")
        first, last = span if isinstance(span, list) and len(span) == 2 else (1, -1)
        last = len(lines) if last == -1 else last
        if not 1 <= first <= last <= len(lines):
            raise ToolError(f"Invalid `view_range`: {[first, last]}. {path} has {len(lines)} lines.")
        numbered = "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines[first - 1 : last], first))
        return f"Here's the content of {path} with line numbers:\n{numbered}"[:MOST_CHARACTERS]

    async def _create(self, path: str, args: Mapping[str, Any]) -> str:
        await self._tree.write(self._real(path), args.get("file_text") or "", self._session)
        return f"File created successfully at: {path}"

    async def _str_replace(self, path: str, args: Mapping[str, Any]) -> str:
        old, new = _required(args, "old_str"), args.get("new_str") or ""
        data = await self._tree.read(self._real(path), self._session)
        text = _text(data, path)
        at = [number for number, line in enumerate(text.split("\n"), 1) if old.split("\n")[0] in line]
        if (found := text.count(old)) != 1:
            where = f" Multiple occurrences of old_str `{old}` in lines: {at}. Please ensure it is unique." if found else ""
            missing = f", old_str `{old}` did not appear verbatim in {path}." if not found else "."
            raise ToolError(f"No replacement was performed{missing}{where}")
        await self._tree.write(self._real(path), text.replace(old, new), self._session, if_hash=hash_of(data))
        return f"The file {path} has been edited."

    async def _insert(self, path: str, args: Mapping[str, Any]) -> str:
        data = await self._tree.read(self._real(path), self._session)
        lines = _text(data, path).split("\n")
        line = args.get("insert_line", 0)
        if not 0 <= line <= len(lines):
            raise ToolError(
                f"Invalid `insert_line` parameter: {line}. It should be within the range of lines of the file: [0, {len(lines)}]"
            )
        text = args.get("insert_text", args.get("new_str")) or ""
        changed = "\n".join([*lines[:line], *text.removesuffix("\n").split("\n"), *lines[line:]])
        await self._tree.write(self._real(path), changed, self._session, if_hash=hash_of(data))
        return f"The file {path} has been edited."

    async def _delete(self, path: str, args: Mapping[str, Any]) -> str:
        if path.rstrip("/") == MEMORY:
            raise ToolError(f"{MEMORY} itself stays; delete what is in it.")
        await self._tree.delete(self._real(path), self._session, recursive=True)
        return f"Successfully deleted {path}"

    async def _rename(self, old: str, new: str) -> str:
        await self._tree.rename(self._real(old), self._real(new), self._session)
        return f"Successfully renamed {old} to {new}"


def _required(args: Mapping[str, Any], name: str) -> str:
    value = args.get(name)
    if not isinstance(value, str) or not value:
        raise ToolError(f"the command needs {name}")
    return value


def _text(data: bytes, path: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise ToolError(f"{path} is binary; only text can be viewed and edited") from error
