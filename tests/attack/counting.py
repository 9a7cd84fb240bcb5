"""Attacks, each a test that tries until its time is over and counts what it tried.

    def test_a_nest_never_reaches_the_parser(attack):
        for seed in attack.tries("nested JSON", least=50):
            ...

`make test` gives each attack a second; `make attack` gives all of them STAYSAIL_ATTACK_SECONDS together, on two processes, and prints the
table of tries. Every try draws from its own number, so a failure says which one to run: STAYSAIL_ATTACK_SEED=17 begins there.
STAYSAIL_ATTACK_TABLE names a page of documentation whose table is written anew.
"""

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

SECONDS = float(os.environ.get("STAYSAIL_ATTACK_SECONDS", "0"))
FIRST = int(os.environ.get("STAYSAIL_ATTACK_SEED", "0"))
BRIEF_S = 1.0
TABLE = re.compile(r"(?<=<!-- attacks -->\n).*?(?=<!-- /attacks -->)", re.DOTALL)
SHARE: dict[str, float] = {"seconds": BRIEF_S}
PREFIX = "attack: "


class Attack:
    """Gives out tries and counts them. seconds: how long one attack goes on."""

    def __init__(self, test: pytest.Item, seconds: float) -> None:
        self.seconds = seconds
        self._test = test

    def tries(self, name: str, *, least: int = 20) -> Iterator[int]:
        """Numbers from STAYSAIL_ATTACK_SEED on, until the time is over and at least `least` were given out."""
        ends_at, tried = time.monotonic() + self.seconds, 0
        try:
            while tried < least or time.monotonic() < ends_at:
                tried += 1
                yield FIRST + tried - 1
        finally:
            self.count(name, tried)
            if FIRST or SECONDS or tried != least:
                print(f"{name}: the last try was number {FIRST + tried - 1}")

    def random(self, name: str, *, least: int = 20) -> Iterator[Random]:
        """The same, as random number generators that begin with the number of their try."""
        for seed in self.tries(name, least=least):
            yield Random(seed)

    def count(self, name: str, tries: int) -> None:
        """Adds tries that were not given out here to the table."""
        self._test.user_properties.append((PREFIX + name, tries))


@pytest.fixture
def attack(request: pytest.FixtureRequest) -> Attack:
    return Attack(request.node, SHARE["seconds"])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    attacks = [item for item in items if "attack" in getattr(item, "fixturenames", ())]
    if SECONDS and attacks:
        processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
        SHARE["seconds"] = SECONDS * processes / len(attacks)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    rows: dict[tuple[str, str], list[Any]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, tries in getattr(report, "user_properties", ()):
                if name.startswith(PREFIX) and report.when == "call":
                    suite = report.nodeid.partition("::")[0].rpartition("/")[2]
                    row = rows.setdefault((suite, name.removeprefix(PREFIX)), [0, 0.0, "held"])
                    row[0] += tries
                    row[1] += report.duration
                    row[2] = "BROKE" if outcome == "failed" else row[2]
    if not rows:
        return
    terminalreporter.section("attacks")
    terminalreporter.write_line(f"{'suite':32} {'attack':44} {'tries':>9} {'s':>6}")
    for (suite, name), (tries, seconds, outcome) in sorted(rows.items()):
        terminalreporter.write_line(f"{suite:32} {name:44} {tries:9,} {seconds:6.1f}  {outcome}")
    total = sum(row[0] for row in rows.values())
    terminalreporter.write_line(f"{total:,} tries")
    if (page := os.environ.get("STAYSAIL_ATTACK_TABLE")) and not hasattr(terminalreporter.config, "workerinput"):
        lines = [f"| {name} | `tests/**/{suite}` | {tries:,} | {outcome} |" for (suite, name), (tries, _, outcome) in sorted(rows.items())]
        table = "\n".join(["| attack | suite | tries | outcome |", "| --- | --- | --- | --- |", *lines, f"| all | | {total:,} | |", ""])
        path = Path(page)
        path.write_text(TABLE.sub(lambda match: table, path.read_text("utf-8")), "utf-8")
