"""Sessions: the permissions and limits of a caller. Only granted operations are allowed.

A session cut from another one (a plugin's from its caller's) may do only what both allow, and its usage counts for both. Grants are not
combined in advance: each call checks the whole chain of sessions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from ..core.errors import ConfigError, ToolFSError
from ..core.hosts import HOST
from ..core.value import Value
from .path import Path, is_under, resolve_path, to_text
from .work_time import Work, WorkClock

type Operation = Literal["read", "list", "write", "delete", "execute"]
OPERATIONS: tuple[str, ...] = get_args(Operation.__value__)


class Rule(Value):
    """Operations that are granted on a folder."""

    folder: Path
    operations: frozenset[str]


class HostRule(Value):
    """HTTP methods that are granted on a host.

    Attributes:
        host: A name, with a port where it is not the scheme's default; "*.example.org" covers every name below example.org.
        methods: HTTP methods in upper case; "*" covers all.
    """

    host: str
    methods: frozenset[str]

    def covers(self, method: str, host: str) -> bool:
        named = host.endswith(self.host[1:]) and len(host) >= len(self.host) if self.host.startswith("*.") else host == self.host
        return named and (method in self.methods or "*" in self.methods)


class Grant(Value):
    """Permissions and limits of a session.

    Attributes:
        rules: Folders with their operations.
        hosts: Hosts with their methods.
        calls: The most calls; None for no limit.
        size_bytes: The most bytes read and written; None for no limit.
        seconds: The most seconds of work; None for no limit.
    """

    rules: tuple[Rule, ...] = ()
    hosts: tuple[HostRule, ...] = ()
    calls: int | None = None
    size_bytes: int | None = None
    seconds: float | None = None

    @classmethod
    def of(
        cls,
        paths: Mapping[str, str | Sequence[str]] | None = None,
        hosts: Mapping[str, str | Sequence[str]] | None = None,
        *,
        calls: int | None = None,
        size_bytes: int | None = None,
        seconds: float | None = None,
    ) -> Grant:
        """Returns a grant.

        Args:
            paths: Folders with operations, {"/toolfs/data": "read list"}. The operations are read, list, write, delete and execute;
                "*" is all of them.
            hosts: Hosts with HTTP methods, {"api.example.org": "GET"}.
            calls: The most calls.
            size_bytes: The most bytes read and written.
            seconds: The most seconds of work.

        Raises:
            ConfigError: An operation, host or limit is not valid.
        """
        for name, limit in (("calls", calls), ("size_bytes", size_bytes), ("seconds", seconds)):
            if limit is not None and not (isinstance(limit, int | float) and limit >= 0):
                raise ConfigError(f"{name} is a number of at least 0, or None for no limit; got {limit!r}")
        rules = tuple(Rule(_folder(path), _operations(words)) for path, words in (paths or {}).items())
        return cls(rules, tuple(_host_rule(host, words) for host, words in (hosts or {}).items()), calls, size_bytes, seconds)

    def allows(self, operation: str, path: Path) -> bool:
        """Returns whether the operation is granted on the path. Directories above a granted folder may be listed too; such a listing shows
        only the way to the folder."""
        if self.names(operation, path):
            return True
        return operation == "list" and self.shows(path) and not any(is_under(path, rule.folder) for rule in self.rules)

    def names(self, operation: str, path: Path) -> bool:
        """Returns whether a rule grants the operation on the path."""
        return any(operation in rule.operations and is_under(path, rule.folder) for rule in self.rules)

    def shows(self, path: Path) -> bool:
        """Returns whether a listing shows the path: any operation is granted on it, or on a path below it."""
        return any(is_under(path, rule.folder) or is_under(rule.folder, path) for rule in self.rules)

    def allows_host(self, method: str, host: str) -> bool:
        return any(rule.covers(method, host) for rule in self.hosts)

    def describe(self) -> str:
        return "; ".join(f"{' '.join(sorted(rule.operations))} {to_text(rule.folder)}" for rule in self.rules) or "nothing"

    def to_dict(self) -> dict[str, Any]:
        """Returns the arguments of `of` as plain data, to show them to a person who must consent."""
        return {
            "paths": {to_text(rule.folder): sorted(rule.operations) for rule in self.rules},
            "hosts": {rule.host: sorted(rule.methods) for rule in self.hosts},
            "calls": self.calls,
            "size_bytes": self.size_bytes,
            "seconds": self.seconds,
        }


class Session:
    """The permissions of one caller, and its usage so far: `calls`, `used_bytes`, `used_s`.

    Args:
        name: The name in the audit. Sessions of one name share their memory unless `memory` names another.
        grant: The permissions and limits.
        memory: The name of the memory that the session uses.
        secrets: Texts that never appear in the audit.
        parent: The session that this one was cut from.
    """

    def __init__(
        self, name: str, grant: Grant, *, memory: str | None = None, secrets: Sequence[str] = (), parent: Session | None = None
    ) -> None:
        self.name, self.grant, self.parent = name, grant, parent
        self.memory: str = memory or (parent.memory if parent else name)
        self.secrets: tuple[str, ...] = (*secrets, *(parent.secrets if parent else ()))
        self.calls, self.used_bytes = 0, 0
        self.clock = WorkClock(grant.seconds)
        self._guard: threading.Lock = parent._guard if parent else threading.Lock()
        self._inside_call = False

    def cut(self, name: str, grant: Grant, *, inside_call: bool = False) -> Session:
        """Returns a session that may do only what both this one and `grant` allow. inside_call: its calls run within a call of this
        session, whose time they use."""
        cut = Session(f"{self.name}/{name}", grant, parent=self)
        cut._inside_call = inside_call
        return cut

    def chain(self) -> Iterator[Session]:
        """Yields this session and the sessions that it was cut from."""
        session: Session | None = self
        while session:
            yield session
            session = session.parent

    def may(self, operation: Operation, path: Path) -> bool:
        return all(session.grant.allows(operation, path) for session in self.chain())

    def sees(self, path: Path) -> bool:
        return all(session.grant.shows(path) for session in self.chain())

    def may_somewhere(self, operation: Operation, folder: Path) -> bool:
        """Returns whether the operation is allowed anywhere in a folder. Decides which tools an agent gets."""
        granted = [rule.folder for session in self.chain() for rule in session.grant.rules if is_under(rule.folder, folder)]
        return any(all(session.grant.names(operation, path) for session in self.chain()) for path in [folder, *granted])

    def check(self, operation: Operation, path: Path) -> None:
        """Raises ToolFSError ("refused") if the operation is not allowed."""
        for session in self.chain():
            if not session.grant.allows(operation, path):
                raise ToolFSError(
                    f"session {session.name!r} may not {operation} {to_text(path)}; it may: {session.grant.describe()}",
                    code="refused",
                    path=to_text(path),
                )

    def check_host(self, method: str, url: str) -> None:
        """Raises ToolFSError ("refused") if the request is not allowed."""
        host = read_host(url)
        for session in self.chain():
            if not session.grant.allows_host(method.upper(), host):
                raise ToolFSError(f"session {session.name!r} may not {method.upper()} {host}", code="refused")

    def begin(self) -> Work:
        """Counts a call, and its time until the returned `Work` ends. Raises ToolFSError ("limit") where no call or time is left."""
        with self._guard:
            for session in self.chain():
                if session.grant.calls is not None and session.calls >= session.grant.calls:
                    raise session._used_up(f"{session.grant.calls} calls")
                if session.clock.left_s == 0:
                    raise session._used_up(f"{session.grant.seconds:g} s of work")
            for session in self.chain():
                session.calls += 1
        return Work(self._clocks())

    def _clocks(self) -> list[WorkClock]:
        """Returns the clocks that measure a call of this session. Within a call of the parent session, the parent's clock runs already."""
        clocks = []
        for session in self.chain():
            clocks.append(session.clock)
            if session._inside_call:
                break
        return clocks

    def take_bytes(self, size_bytes: int) -> None:
        """Counts bytes read or written. Raises ToolFSError ("limit"), and counts none, if they exceed the limit."""
        with self._guard:
            for session in self.chain():
                limit = session.grant.size_bytes
                if limit is not None and session.used_bytes + size_bytes > limit:
                    raise session._used_up(f"{limit} bytes, {session.used_bytes} of them used, and this is {size_bytes}")
            for session in self.chain():
                session.used_bytes += size_bytes

    @property
    def used_s(self) -> float:
        """Seconds of work so far."""
        return self.clock.used_s

    @property
    def seconds_left(self) -> float | None:
        """Seconds of work left to this session and the sessions that it was cut from; None for no limit."""
        return min((left for session in self.chain() if (left := session.clock.left_s) is not None), default=None)

    def _used_up(self, what: str) -> ToolFSError:
        return ToolFSError(f"session {self.name!r} has reached its limit: {what}; ask for a session with more", code="limit")

    def __repr__(self) -> str:
        return f"Session({self.name!r}, {self.grant.describe()})"


def read_host(url: str) -> str:
    """Returns the host of an address in lower case, with the port where it is not the scheme's default. Raises ToolFSError for addresses
    that parsers read differently."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad_url(error) from error
    host = (parts.hostname or "").removesuffix(".")
    if parts.scheme not in ("http", "https") or not host:
        raise _bad_url("it is an address such as https://api.example.org/v1")
    if not url.isascii() or not url.isprintable() or any(mark in url for mark in ' \\"<>^`{|}') or "@" in parts.netloc:
        raise _bad_url("it holds a user, a backslash, a space or another character that does not belong there")
    usual = {"http": 80, "https": 443}[parts.scheme]
    return host if port in (None, usual) else f"{host}:{port}"


def _bad_url(why: object) -> ToolFSError:
    return ToolFSError(f"the address cannot be used: {why}", code="refused")


def _folder(text: str) -> Path:
    try:
        return resolve_path(text)
    except ToolFSError as error:
        raise ConfigError(f"grant: {error}") from error


def _operations(words: str | Sequence[str]) -> frozenset[str]:
    operations = words.replace(",", " ").split() if isinstance(words, str) else list(words)
    unknown = [word for word in operations if word not in (*OPERATIONS, "*")]
    if unknown:
        raise ConfigError(f"grant: there is no operation {unknown[0]!r}; there are {', '.join(OPERATIONS)}, and '*' for all")
    return frozenset(OPERATIONS if "*" in operations else operations)


def _host_rule(host: str, words: str | Sequence[str]) -> HostRule:
    methods = words.replace(",", " ").split() if isinstance(words, str) else list(words)
    name = host.lower()
    if not HOST.fullmatch(name):
        raise ConfigError(f"grant: {host!r} is no host; write api.example.org, *.example.org or localhost:8080, without scheme and path")
    return HostRule(name, frozenset(method.upper() for method in methods))
