"""Prints at the end of the run what was played of the recorded traffic, and what was not, and why."""

from collections import Counter

import pytest

from tests.replays.scope import OUT_OF_SCOPE, scenarios
from tests.server import load_scenarios

FAILED = pytest.StashKey[set[str]]()
RUN = pytest.StashKey[set[str]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    scenario = getattr(item, "callspec", None) and item.callspec.params.get("scenario")
    if scenario is not None:
        item.config.stash.setdefault(RUN, set()).add(str(scenario))
        if report.failed:
            item.config.stash.setdefault(FAILED, set()).add(str(scenario))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config):
    run, failed = config.stash.get(RUN, set()), config.stash.get(FAILED, set())
    if not run:
        return
    terminalreporter.section("recorded traffic")
    terminalreporter.line(f"{'':12}{'recorded':>10}{'played':>10}{'passed':>10}   not played, being")
    everything = scenarios()
    for file in dict.fromkeys(scenario.file for scenario in everything):
        mine = [scenario for scenario in everything if scenario.file == file]
        reasons = Counter(scenario.reason for scenario in mine if scenario.reason and scenario.name not in run)
        names = {scenario.name for scenario in mine} & run
        told = ", ".join(f"{reason} ({count})" for reason, count in sorted(reasons.items()))
        terminalreporter.line(f"{file:12}{len(mine):10}{len(names):10}{len(names - failed):10}   {told or '-'}")
    for file, reason in OUT_OF_SCOPE.items():
        terminalreporter.line(f"{file:12}{len(load_scenarios(file)):10}{0:10}{0:10}   all: {reason}")
