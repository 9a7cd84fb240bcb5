"""The tools of an agent that works in a ToolFS: short results, and errors that say what to do next."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Mapping
from typing import Any, Literal, Protocol

from ..core.errors import ToolError, ToolFSError
from ..core.tool import FunctionTool, tool
from .entry import Entry, hash_of
from .path import ROOT, resolve_path
from .plugins import Installed, Plugins
from .session import Operation, Session
from .skills import Skill

MOST_CHARACTERS = 30_000
MOST_ENTRIES = 200
MOST_HITS = 50
LONGEST_LINE = 300
BIGGEST_SEARCHED_BYTES = 2 << 20


type Skills = list[Skill]


class Tree(Protocol):
    """The port of ToolFS that the tools call."""

    plugins: Plugins

    async def read(self, path: str, session: Session) -> bytes: ...
    async def write(self, path: str, content: str | bytes, session: Session, *, if_hash: str | None = None) -> Entry: ...
    async def list(self, path: str, session: Session) -> list[Entry]: ...
    async def delete(self, path: str, session: Session, *, recursive: bool = False) -> None: ...
    async def rename(self, old: str, new: str, session: Session) -> Entry: ...
    def walk(self, path: str, session: Session) -> AsyncGenerator[Entry]: ...
    async def remember(
        self, content: str, session: Session, *, id: str | None = None, metadata: Mapping[str, Any] = ...
    ) -> dict[str, Any]: ...
    async def search_memory(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]: ...
    async def search_rag(self, text: str, session: Session, *, top_k: int = 5) -> dict[str, Any]: ...
    async def skills(self, session: Session) -> Skills: ...
    async def load_skill(self, name: str, session: Session) -> Skill: ...
    async def execute(self, plugin: str, request: Mapping[str, Any], session: Session) -> dict[str, Any]: ...


def make_tools(tree: Tree, session: Session) -> list[Any]:
    """Returns the tools whose operations the session allows."""
    files, memory, rag, skills = ROOT, (*ROOT, "memory"), (*ROOT, "rag", "query"), (*ROOT, "skills")
    offered: list[tuple[Operation, tuple[str, ...], Iterable[Any]]] = [
        ("read", files, [_read_file(tree, session)]),
        ("write", files, [_write_file(tree, session), _edit_file(tree, session)]),
        ("list", files, [_list_files(tree, session), _search_files(tree, session)]),
        ("delete", files, [_delete_file(tree, session)]),
        ("write", memory, [_remember(tree, session)]),
        ("read", memory, [_recall(tree, session)]),
        ("read", rag, [_search_documents(tree, session)]),
        ("read", skills, [_list_skills(tree, session), _load_skill(tree, session)]),
    ]
    tools = [item for operation, folder, items in offered if session.may_somewhere(operation, folder) for item in items]
    plugins = [item for item in tree.plugins.installed.values() if session.may("execute", (*ROOT, "plugins", item.plugin.name))]
    return tools + [item for installed in plugins for item in _plugin_tools(tree, session, installed)]


def _read_file(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def read_file(path: str, first_line: int = 1, lines: int = 2000) -> str:
        """Reads a text file.

        Args:
            path: Such as /toolfs/data/notes.txt.
            first_line: Counted from 1.
            lines: How many at most.
        """
        data = await tree.read(path, session)
        text = _decode(data)
        if text is None:
            return f"{path} is binary: {len(data)} bytes, SHA-256 {hash_of(data)}"
        all_lines = text.splitlines(keepends=True)
        if first_line < 1 or lines < 1:
            raise ToolError("first_line and lines are at least 1")
        if all_lines and first_line > len(all_lines):
            raise ToolError(f"{path} has {len(all_lines)} lines")
        chosen = all_lines[first_line - 1 : first_line - 1 + lines]
        shown, count = "", 0
        for line in chosen:
            if count and len(shown) + len(line) > MOST_CHARACTERS:
                break
            shown, count = shown + line[:MOST_CHARACTERS], count + 1
        last = first_line - 1 + count
        if last < len(all_lines):
            shown += f"\n[lines {first_line} to {last} of {len(all_lines)}; go on with first_line={last + 1}]"
        return shown or "[the file is empty]"

    return read_file


def _write_file(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def write_file(path: str, content: str) -> str:
        """Creates a file, or replaces what is in it. Directories above it are made.

        Args:
            path: Such as /toolfs/data/notes.txt.
            content: The whole content.
        """
        entry = await tree.write(path, content, session)
        return f"wrote {entry.path}, {len(content.encode())} bytes"

    return write_file


def _edit_file(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def edit_file(path: str, old: str, new: str, replace_all: bool = False) -> str:
        """Replaces a piece of a text file by another.

        Args:
            path: Such as /toolfs/data/notes.txt.
            old: Exactly as it is in the file, with enough around it to occur once.
            new: What takes its place.
            replace_all: Replaces every occurrence.
        """
        data = await tree.read(path, session)
        text = _decode(data)
        if text is None:
            raise ToolError(f"{path} is binary; only text can be edited")
        if not old or old == new:
            raise ToolError("old must not be empty, and new must differ from it")
        found = text.count(old)
        if not found:
            raise ToolError(f"old does not occur in {path}; read the file and copy it exactly, spaces and line ends included")
        if found > 1 and not replace_all:
            raise ToolError(f"old occurs {found} times in {path}; take more of what is around it, or set replace_all")
        entry = await tree.write(path, text.replace(old, new), session, if_hash=hash_of(data))
        return f"replaced {found} in {entry.path}"

    return edit_file


def _list_files(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def list_files(path: str = "/toolfs") -> str:
        """Lists a directory; names of directories end in a slash.

        Args:
            path: Such as /toolfs/data.
        """
        entries = await tree.list(path, session)
        shown = [f"{entry.name}/" if entry.kind == "directory" else _with_size(entry) for entry in entries[:MOST_ENTRIES]]
        if len(entries) > MOST_ENTRIES:
            shown.append(f"[{len(entries) - MOST_ENTRIES} more; search_files finds by name and content]")
        return "\n".join(shown) or "[the directory is empty]"

    return list_files


def _search_files(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def search_files(text: str, path: str = "/toolfs", where: Literal["content", "name"] = "content") -> str:
        """Finds files below a directory whose lines, or whose names, hold a text, in upper or lower case.

        Args:
            text: Taken literally.
            path: The directory.
            where: Whether to look into the files or at their paths.
        """
        wanted, hits = text.casefold(), []
        async for entry in tree.walk(path, session):
            if where == "name":
                found = [entry.path] if wanted in entry.path.casefold() else []
            elif session.may("read", resolve_path(entry.path)) and (entry.size_bytes or 0) <= BIGGEST_SEARCHED_BYTES:
                found = await _grep(tree, session, entry.path, wanted)
            else:
                found = []
            hits += found
            if len(hits) > MOST_HITS:
                return "\n".join([*hits[:MOST_HITS], f"[more than {MOST_HITS}; look for something rarer]"])
        return "\n".join(hits) or f"nothing below {path} holds {text!r}"

    return search_files


async def _grep(tree: Tree, session: Session, path: str, wanted: str) -> list[str]:
    try:
        text = _decode(await tree.read(path, session))
    except ToolFSError as error:
        if error.code == "limit":
            raise
        return []  # a file that cannot be read, such as a query path without a query, has no matches
    lines = enumerate((text or "").splitlines(), 1)
    return [f"{path}:{number}: {line.strip()[:LONGEST_LINE]}" for number, line in lines if wanted in line.casefold()]


def _delete_file(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def delete_file(path: str, recursive: bool = False) -> str:
        """Deletes a file or a directory.

        Args:
            path: Such as /toolfs/data/notes.txt.
            recursive: Also deletes what is in the directory.
        """
        await tree.delete(path, session, recursive=recursive)
        return f"deleted {path}"

    return delete_file


def _remember(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def remember(content: str, id: str | None = None) -> str:
        """Keeps something for later conversations.

        Args:
            content: A fact, in words that will make sense without this conversation.
            id: Of an entry to replace; a new one is made if left out.
        """
        entry = await tree.remember(content, session, id=id)
        return f"remembered as {entry['id']}"

    return remember


def _recall(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def recall(query: str, top_k: int = 5) -> str:
        """Looks up what was remembered.

        Args:
            query: What it is about.
            top_k: How many entries at most.
        """
        return _answer_text(await tree.search_memory(query, session, top_k=top_k), "nothing remembered fits")

    return recall


def _search_documents(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def search_documents(query: str, top_k: int = 5) -> str:
        """Finds passages that fit a question in the documents that were indexed.

        Args:
            query: The question, or what it is about.
            top_k: How many passages at most.
        """
        return _answer_text(await tree.search_rag(query, session, top_k=top_k), "no document fits")

    return search_documents


def _list_skills(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def list_skills() -> str:
        """Lists the skills: instructions for particular tasks. Load one before doing what it is for."""
        skills = await tree.skills(session)
        return "\n".join(f"{skill.name}: {skill.problem or skill.description}" for skill in skills) or "there are no skills"

    return list_skills


def _load_skill(tree: Tree, session: Session) -> FunctionTool[..., Any]:
    @tool
    async def load_skill(name: str) -> str:
        """Gives the instructions of a skill, and the paths of what else belongs to it.

        Args:
            name: A name that list_skills returns.
        """
        return (await tree.load_skill(name, session)).to_text()

    return load_skill


class PluginTool:
    """One operation of a plugin as a tool. Its arguments `path` and `data` become fields of the request, the others its options."""

    def __init__(self, tree: Tree, session: Session, installed: Installed, operation: str, about: Mapping[str, Any]) -> None:
        self._tree, self._session, self._plugin, self._operation = tree, session, installed.plugin.name, operation
        self.name = f"{self._plugin}_{operation}".replace("-", "_")[:64]
        self.description = str(about.get("description") or f"{operation} of the plugin {self._plugin}")
        parameters = about.get("parameters")
        self.parameters: Mapping[str, Any] = parameters if isinstance(parameters, Mapping) else {"type": "object", "properties": {}}
        self.timeout_s = installed.timeout_s + 5  # later than the plugin's own limit, whose error says more

    async def call(self, args: dict[str, Any]) -> Any:
        request: dict[str, Any] = {name: args[name] for name in ("path", "data") if name in args}
        options = {name: value for name, value in args.items() if name not in request}
        response = await self._tree.execute(
            self._plugin, {"operation": self._operation} | request | ({"options": options} if options else {}), self._session
        )
        if not response["success"]:
            raise ToolError(f"{self.name}: {response['error']}")
        return response["result"]


ANY_OPERATION = {
    "description": "",
    "parameters": {
        "type": "object",
        "properties": {"operation": {"type": "string"}, "path": {"type": "string"}, "data": {}, "options": {"type": "object"}},
        "required": ["operation"],
    },
}


class WholePluginTool(PluginTool):
    """A plugin without a list of operations, as one tool that takes the plugin's request."""

    def __init__(self, tree: Tree, session: Session, installed: Installed) -> None:
        super().__init__(tree, session, installed, "execute", ANY_OPERATION)
        self.description = (installed.plugin.skill_document or f"The plugin {self._plugin}.")[:1024]

    async def call(self, args: dict[str, Any]) -> Any:
        response = await self._tree.execute(self._plugin, args, self._session)
        if not response["success"]:
            raise ToolError(f"{self.name}: {response['error']}")
        return response["result"]


def _plugin_tools(tree: Tree, session: Session, installed: Installed) -> list[PluginTool]:
    if not installed.operations:
        return [WholePluginTool(tree, session, installed)]
    return [PluginTool(tree, session, installed, name, about) for name, about in installed.operations.items()]


def _answer_text(answer: Mapping[str, Any], nothing: str) -> str:
    return "\n\n".join(f"[{hit['id']}] {hit['content']}" for hit in answer["results"])[:MOST_CHARACTERS] or nothing


def _with_size(entry: Entry) -> str:
    return entry.name if entry.size_bytes is None else f"{entry.name} ({entry.size_bytes} bytes)"


def _decode(data: bytes) -> str | None:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
