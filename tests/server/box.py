"""A box: an address of its own, the answers it will give, and what it saw."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Literal

from .recordings import as_answer

type Answer = Mapping[str, Any] | Callable[[Seen], Mapping[str, Any]]
type Ending = Literal["whole", "client", "server"]


class Seen:
    """One request. ended: None while it is being answered; "whole": the client was sent everything; "client": it left before;
    "server": the answer was to break the connection. headers: names in lower case. seconds are of `time.monotonic`."""

    def __init__(self, method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.query, self.headers, self.body = method, path, query, headers, body
        self.at_s = time.monotonic()
        self.ended: Ending | None = None
        self.ended_at_s: float | None = None
        self.sent_bytes = 0
        self._end = threading.Event()
        self._begun = threading.Event()

    @property
    def json(self) -> Any:
        """The body; None where it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def begin(self) -> None:
        self._begun.set()

    def end(self, how: Ending) -> None:
        if self.ended is None:
            self.ended, self.ended_at_s = how, time.monotonic()
            self._end.set()

    def wait_closed(self, timeout_s: float = 5.0) -> Ending | None:
        """How it ended; None when it did not in time. Blocks: `await asyncio.to_thread(...)` from a coroutine."""
        self._end.wait(timeout_s)
        return self.ended

    def wait_begun(self, timeout_s: float = 5.0) -> bool:
        """Whether the first bytes of the answer went out, or its silence began, in time."""
        return self._begun.wait(timeout_s)

    def to_dict(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": self.body.decode("utf-8", "replace"),
            "json": self.json,
            "ended": self.ended,
            "seconds": None if self.ended_at_s is None else self.ended_at_s - self.at_s,
            "sent_bytes": self.sent_bytes,
        }


class Box:
    """loop: begin again with the first answer when the last was given. head: the bodiless answer to HEAD; else
    HEAD is always granted. lists_models: a page's request for the models takes an answer; else it is refused and not seen."""

    def __init__(self, url: str, answers: list[Answer], *, loop: bool = False) -> None:
        self.url = url
        self.seen: list[Seen] = []
        self.preflights: list[Seen] = []
        self.lists_models = False
        self.head: Callable[[Seen], Mapping[str, Any]] | None = None
        self.most_at_once = 0
        self._answers: list[Answer] = list(answers)
        self._given: dict[int, int] = {}
        self._loop = loop
        self._changed = threading.Condition()

    def add(self, *answers: Answer) -> None:
        with self._changed:
            self._answers += answers

    def play(self, scenario: Mapping[str, Any], **manner: Any) -> None:
        """Adds the recorded responses of a scenario, in order."""
        self.add(*(as_answer(interaction, **manner) for interaction in scenario["interactions"]))

    @property
    def bodies(self) -> list[Any]:
        return [seen.json for seen in self.seen]

    @property
    def unused(self) -> int:
        """Answers that nobody asked for."""
        return sum(self._given.get(n, 0) == 0 for n in range(len(self._answers)))

    def take(self, seen: Seen) -> Mapping[str, Any]:
        """Writes the request down and chooses its answer. A page that lists models takes none that is meant for others."""
        with self._changed:
            if seen.method == "GET" and seen.path.endswith("/models") and "origin" in seen.headers and not self.lists_models:
                return {"status": 404, "body": {"error": {"message": "this server lists no models"}}}
            self.seen.append(seen)
            self.most_at_once = max(self.most_at_once, sum(one.ended is None for one in self.seen))
            self._changed.notify_all()
            answer = self._choose(seen)
        return answer(seen) if callable(answer) else answer

    def _choose(self, seen: Seen) -> Answer:
        text = seen.body.decode("utf-8", "replace")
        for wanted in (True, False):
            for position, answer in enumerate(self._answers):
                condition = None if callable(answer) else answer.get("if")
                times = 1 if callable(answer) else answer.get("times", 1)
                if self._given.get(position, 0) >= times or (condition is not None) is not wanted:
                    continue
                if condition is None or condition in text:
                    self._given[position] = self._given.get(position, 0) + 1
                    return answer
        if self._loop and self._given:
            self._given = {}
            return self._choose(seen)
        return {"status": 501, "body": {"error": {"message": f"the test server has no answer left for {seen.method} {seen.path}"}}}

    def wait_seen(self, count: int = 1, timeout_s: float = 5.0) -> bool:
        """Whether `count` requests came in time. Blocks."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.seen) >= count, timeout_s)
