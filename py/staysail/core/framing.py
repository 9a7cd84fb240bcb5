"""Incremental readers of the two framings of a streamed answer: server-sent events and newline-delimited JSON.

Bytes go in cut anywhere, also inside a character or between CR and LF; the same records come out for every cut. Work is linear in the
bytes. SSE is read as in the HTML standard: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

from .value import Value

LONGEST_RETRY_DIGITS = 16
"""A longer number of milliseconds is as good as any; Python refuses to read 4,301 digits."""


class ServerEvent(Value):
    data: str
    event: str = ""
    id: str = ""


class LineReader:
    """Reads whole lines out of bytes. Line ends are LF, CR or CRLF; with `cr=False` LF alone, and CR is white space, as in NDJSON. Raises
    OverflowError for a line of more than `limit_bytes`."""

    def __init__(self, *, cr: bool = True, limit_bytes: int = 1 << 62) -> None:
        self._cr = cr
        self._limit_bytes = limit_bytes
        self._pending_bytes = 0
        self._pending: list[bytes] = []
        self._after_cr = False

    def feed(self, chunk: bytes) -> list[bytes]:
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if self._cr and b"\r" in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        if b"\n" not in chunk:
            if chunk:
                self._hold(chunk)
            return []
        lines = chunk.split(b"\n")
        lines[0] = b"".join((*self._pending, lines[0]))
        rest = lines.pop()
        self._pending, self._pending_bytes = [], 0
        if rest:
            self._hold(rest)
        return lines

    def _hold(self, part: bytes) -> None:
        self._pending.append(part)
        self._pending_bytes += len(part)
        if self._pending_bytes > self._limit_bytes:
            raise OverflowError(f"a line of more than {self._limit_bytes:,} bytes")

    def close(self) -> list[bytes]:
        """Returns the last line, where the body did not end it."""
        rest, self._pending = b"".join(self._pending), []
        return [rest] if rest else []


class SSEReader:
    """Reads the events of a text/event-stream. An event whose blank line never came is returned by `close`: some servers forget the line,
    and the data are whole. `retry_ms` is the delay that the server asked for. Raises OverflowError for an event of more than
    `limit_bytes`.

    Args:
        json_data: The data are JSON. Then events are separated also where a relay leaves all blank lines out: after a line that ends with a
            closing bracket, JSON continues with a comma or a bracket, and any other line begins another event.
    """

    def __init__(self, limit_bytes: int = 1 << 62, *, json_data: bool = False) -> None:
        self.retry_ms: int | None = None
        self._json_data = json_data
        self._limit_bytes = limit_bytes
        self._lines = LineReader(limit_bytes=limit_bytes)
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._event = b""
        self._later_event: bytes | None = None
        """The name in a line after the data: the event's own or, where its blank line is missing, the next one's."""
        self._id = b""
        self._begun = False

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        return self._read(self._lines.feed(chunk))

    def close(self) -> list[ServerEvent]:
        return self._read([*self._lines.close(), b""])

    def _read(self, lines: list[bytes]) -> list[ServerEvent]:
        out: list[ServerEvent] = []
        if lines and not self._begun:
            self._begun = True
            lines[0] = lines[0].removeprefix(b"\xef\xbb\xbf")
        for line in lines:
            if line.startswith(b"data:"):
                part = line[6:] if line[5:6] == b" " else line[5:]
                if self._json_data and self._data and _begins_another(self._data[-1], part):
                    out.append(self._take(self._event))
                    self._event, self._later_event = self._later_event or b"", None
                self._count(line)
                self._data.append(part)
            elif not line:
                if self._data:
                    out.append(self._take(self._event if self._later_event is None else self._later_event))
                self._event, self._later_event = b"", None
            else:
                name, _, value = line.partition(b":")
                value = value.removeprefix(b" ")
                if name == b"event" and self._data:
                    self._later_event = value
                elif name == b"event":
                    self._event = value
                elif name == b"id":
                    self._id = value
                elif name == b"retry" and value.isdigit():
                    self.retry_ms = int(value) if len(value) < LONGEST_RETRY_DIGITS else 10**LONGEST_RETRY_DIGITS
                elif name == b"data":  # without a colon
                    self._count(line)
                    self._data.append(value)
        return out

    def _count(self, line: bytes) -> None:
        self._data_bytes += len(line)
        if self._data_bytes > self._limit_bytes:
            raise OverflowError(f"an event of more than {self._limit_bytes:,} bytes")

    def _take(self, event: bytes) -> ServerEvent:
        taken = ServerEvent(_text(b"\n".join(self._data)), _text(event), _text(self._id))
        self._data, self._data_bytes = [], 0
        return taken


class NDJSONReader:
    """Reads lines of JSON text as events with `data` alone; blank lines are left out. Raises OverflowError for a line of more than
    `limit_bytes`."""

    def __init__(self, limit_bytes: int = 1 << 62) -> None:
        self._lines = LineReader(cr=False, limit_bytes=limit_bytes)

    def feed(self, chunk: bytes) -> list[ServerEvent]:
        return self._read(self._lines.feed(chunk))

    def close(self) -> list[ServerEvent]:
        return self._read(self._lines.close())

    @staticmethod
    def _read(lines: list[bytes]) -> list[ServerEvent]:
        return [ServerEvent(_text(line)) for line in lines if line.strip()]


def _begins_another(before: bytes, line: bytes) -> bool:
    """Returns whether a line of JSON cannot belong to the same text as the line before it."""
    return before.rstrip().endswith((b"}", b"]")) and not line.lstrip().startswith((b",", b"}", b"]")) and bool(line.strip())


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace") if data else ""
