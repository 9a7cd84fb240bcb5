"""What every benchmark stands on: the site and a provider on 127.0.0.1, pages in headless Chromium, and rows that compare with a floor
measured in the same run."""

import json
import os
import statistics
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome

from tests.server import TestServer
from tools.chromium import start_chrome
from tools.serve import open_server
from tools.site import FOLDERS, Site

LIMIT_S = 600  # of one script in a page


@dataclass(frozen=True)
class Row:
    """One figure, or why there is none (`note`). floor: the subject, in the same group, that ratios are taken to. more_is_better: for
    rates."""

    group: str
    subject: str
    value: float | None
    unit: str
    floor: str = ""
    more_is_better: bool = False
    spread: tuple[float, float] | None = None
    note: str = ""


@dataclass
class Bench:
    """site: base URL of the development server. server: a provider that says what it is told to."""

    site: str
    server: TestServer

    @contextmanager
    def page(self, path: str = "tests/page/empty.html", *flags: str, profile: str | None = None) -> Iterator["Page"]:
        """A page of the site in a Chromium of its own."""
        driver = start_chrome(*flags, profile=profile)
        try:
            driver.set_script_timeout(LIMIT_S)
            driver.command_executor.client_config.timeout = LIMIT_S + 10
            driver.get(self.site + path)
            yield Page(driver)
        finally:
            driver.quit()

    @contextmanager
    def profile(self) -> Iterator[str]:
        """A folder for a browser's caches, gone afterwards."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            yield folder


@dataclass
class Page:
    driver: Chrome

    def run(self, script: str, **values: Any) -> Any:
        """Runs the body of an async JavaScript function that sees `values` by name; gives what it returns. Raises RuntimeError with its
        error."""
        names = ", ".join(values)
        result = self.driver.execute_async_script(
            f"const done = arguments[arguments.length - 1]; const [{names}] = JSON.parse(arguments[0]);"
            f"(async () => {{ {script} }})()"
            ".then((value) => done({value}), (error) => done({error: String(error && error.stack || error)}))",
            json.dumps(list(values.values())),
        )
        if "error" in result:
            raise RuntimeError(result["error"])
        return result.get("value")

    def memory_mb(self) -> float:
        """Memory of the browser's largest process, which is the page's, in megabytes (Linux)."""
        return max(_resident_mb(pid) for pid in self._processes())

    def cpu_s(self) -> float:
        """Processors' time of the browser's processes so far (Linux)."""
        return sum(map(_cpu_ticks, self._processes())) / os.sysconf("SC_CLK_TCK")

    def _processes(self) -> set[int]:
        parents = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        ours = {self.driver.service.process.pid}
        while found := {pid for pid, parent in parents.items() if parent in ours} - ours:
            ours |= found
        return ours


def _cpu_ticks(pid: int) -> int:
    with suppress(FileNotFoundError, ProcessLookupError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])
    return 0


def _resident_mb(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0


def median_row(group: str, subject: str, values: list[float], unit: str, **options: Any) -> Row:
    """A row of the median, with the least and the greatest as its spread."""
    return Row(group, subject, statistics.median(values), unit, spread=(min(values), max(values)), **options)


@contextmanager
def open_bench() -> Iterator[Bench]:
    with open_server(Site(folders=(*FOLDERS, "tests", "bench")), 0, quiet=True) as site, TestServer() as server:
        thread = threading.Thread(target=site.serve_forever, daemon=True)
        thread.start()
        yield Bench(site.url, server)
        site.shutdown()


def print_table(rows: list[Row], say: Callable[[str], None] = print) -> None:
    """Groups as they come; the ratio is to the group's floor, above 1 is worse."""
    for group in dict.fromkeys(row.group for row in rows):
        members = [row for row in rows if row.group == group]
        floors = {row.subject: row.value for row in members}
        width = max(len(row.subject) for row in members)
        say(f"\n{group}")
        for row in members:
            if row.value is None:
                say(f"  {row.subject:<{width}}  {row.note}")
                continue
            ratio = floors.get(row.floor)
            shown = f"{(ratio / row.value if row.more_is_better else row.value / ratio):8.2f} x" if ratio else " " * 10
            spread = f"   ({_number(row.spread[0])} to {_number(row.spread[1])})" if row.spread else ""
            say(f"  {row.subject:<{width}}  {_number(row.value):>10} {row.unit:<12}{shown}{spread}")


def as_json(rows: list[Row]) -> list[dict[str, Any]]:
    return [asdict(row) for row in rows]


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
