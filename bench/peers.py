"""Vector search in a page beside the libraries one would otherwise take, in one run, a query of each in turn; each in a worker of its own,
all over the same rows (page/run.js says how they are made). k is 10, the metric cosine. Recall is taken against the exact search.

What cannot hold the rows, fails, or is not built within BENCH_LIMIT_S (a minute) stands in the table with the reason. A peer's figure is
its own search call alone, whatever that gives back; VectorStore's is `await store.search(...)`, ids and documents read.

BENCH_VECTORS names the sizes, "10000,100000" unless told; BENCH_PEERS the peers, all unless told. The peers come from
bench/package.json."""

import os
import statistics
import subprocess
import time
from pathlib import Path
from typing import Any

from bench.harness import Bench, Page, Row, median_row

HERE = Path(__file__).parent
K = 10
SIZES = tuple(int(size) for size in os.environ.get("BENCH_VECTORS", "10000,100000").split(","))
EVERY = sorted(path.stem for path in (HERE / "page" / "peers").glob("*.js"))
PEERS = [name for name in os.environ.get("BENCH_PEERS", ",".join(EVERY)).split(",") if name not in ("javascript", "staysail")]
LARGE = 50_000  # from here on the peers are measured one after another, beside the two that all are compared with
LIMIT_S = int(os.environ.get("BENCH_LIMIT_S", "60"))
FLOOR = "plain JavaScript"
OURS, OURS_KEPT = "staysail", "staysail VectorStore"
# What a page's author is promised: (size, what, most of the best peer's time).
TARGETS = [(10_000, "exact", 1 / 3), (10_000, "ann", 1 / 2), (100_000, "exact", 1 / 4), (100_000, "ann", 1 / 25)]


def measure(bench: Bench) -> list[Row]:
    subprocess.run(["node", HERE / "page" / "build.mjs"], check=True)
    rows: list[Row] = []
    rates: dict[str, float] = {}  # vectors a second, of the smaller size: what tells whom to keep with the larger
    for size in SIZES:
        with bench.page() as page:
            page.run("globalThis.run = await import('/bench/page/run.js'); run.prepare(size);", size=size)
            rows += Sizing(page, size, rates).measure()
    return rows


class Sizing:
    """The measurements of one size."""

    def __init__(self, page: Page, size: int, rates: dict[str, float]) -> None:
        self.page, self.size, self.rates = page, size, rates
        self.group = f"{size:,} x 768, peers"
        self.kinds: dict[str, str] = {}
        self.times: dict[str, list[float]] = {}
        self.found: dict[str, dict[str, list[int]]] = {}
        self.kept: list[Row] = []
        self.left_out: list[Row] = []

    def measure(self) -> list[Row]:
        durable: list[tuple[str, str]] = []
        together: list[str] = []
        ends: list[str] = []
        for name in ("javascript", OURS, *PEERS):
            about = self._ask("describe", name)
            self.kinds |= {item["subject"]: item["kind"] for item in about["subjects"]}
            durable += [(name, item["subject"]) for item in about["durable"]]
            built = self._build(name, [item["subject"] for item in about["subjects"]])
            if built and name not in ("javascript", OURS) and self.size >= LARGE:
                self._compare([*together, *built], runs=6)
                self.page.run("run.close(subject)", subject=built[0])
            else:
                together += built
                ends += built[:1]
        if self.size < LARGE or not PEERS:
            self._compare(together, runs=30 if self.size < LARGE else 15)
        for subject in ends:
            self.page.run("run.close(subject)", subject=subject)
        for name, subject in durable:
            self._keep(name, subject)
        return self._rows()

    def _build(self, name: str, subjects: list[str]) -> list[str]:
        built = []
        for item in self._ask("build", name, subjects, LIMIT_S) if subjects else ():
            if "reason" in item:
                self._leave_out(self._group(self.kinds[item["subject"]]), item["subject"], item["reason"].replace("not done", "not built"))
            else:
                built.append(item["subject"])
                rate = 1000 * self.size / max(item["buildMs"], 1)
                print(f"  {self.size:,}: {item['subject']} is built, {rate:,.0f} vectors/s", flush=True)
        return built

    def _compare(self, subjects: list[str], runs: int) -> None:
        first = len(self.times.get(FLOOR, []))
        results = self._ask("compare", subjects, runs, K, first)
        for subject, result in results.items():
            if "reason" in result:
                self._leave_out(self._group(self.kinds[subject]), subject, result["reason"])
            self.times.setdefault(subject, []).extend(result["times"])
            self.found.setdefault(subject, {}).update({f"{first}-{at}": found for at, found in result["found"].items()})

    def _keep(self, name: str, subject: str) -> None:
        group = f"{self.group}: durable ingest"
        rate = self.rates.get(subject)
        if rate and self.size / rate > 2 * LIMIT_S:
            self._leave_out(group, subject, f"not tried: {self.size / rate:,.0f} s at the {rate:,.0f} vectors/s of the smaller size")
            return
        kept = self._ask("keep", name, subject, LIMIT_S)
        if "saveMs" in kept:
            rate = self.rates[subject] = 1000 * self.size / kept["saveMs"]
            self.kept.append(Row(group, subject, rate, "vectors/s", floor=OURS_KEPT, more_is_better=True))
        if kept.get("openMs"):
            self.kept.append(median_row(f"{self.group}: opened to first answer", subject, kept["openMs"], "ms", floor=OURS_KEPT))
        if "reason" in kept:
            self._leave_out(group, subject, kept["reason"])

    def _ask(self, job: str, *values: Any) -> Any:
        self.page.run("run.begin(job, values)", job=job, values=values)
        while not (done := self.page.run("return run.result()")):
            time.sleep(0.5)
        if "error" in done:
            raise RuntimeError(done["error"])
        return done.get("value")

    def _group(self, kind: str) -> str:
        return f"{self.group}, {'exact' if kind == 'exact' else 'approximate or quantised'}"

    def _leave_out(self, group: str, subject: str, reason: str) -> None:
        self.left_out.append(Row(group, subject, None, "", note=reason))

    def _rows(self) -> list[Row]:
        rows = []
        timed = {subject: times for subject, times in self.times.items() if times}
        recalls = {subject: self._recall(subject) for subject in timed}
        for kind in ("exact", "ann"):
            group = self._group(kind)
            subjects = [subject for subject in timed if self.kinds[subject] == kind]
            floor = min((s for s in subjects if not s.startswith(OURS)), key=lambda s: statistics.median(timed[s]), default="")
            for subject in sorted(subjects, key=lambda s: statistics.median(timed[s])):
                name = subject if recalls[subject] == 1 else f"{subject} (recall {recalls[subject]:.3f})"
                floor_name = floor if recalls.get(floor) == 1 else f"{floor} (recall {recalls.get(floor, 0):.3f})"
                rows.append(median_row(group, name, timed[subject], "ms", floor=floor_name))
            p95 = {subject: statistics.quantiles(timed[subject], n=20)[-1] for subject in subjects if len(timed[subject]) > 1}
            rows += [Row(f"{group}, p95", subject, ms, "ms") for subject, ms in p95.items()]
            self._tell_ratio(kind, {subject: statistics.median(timed[subject]) for subject in subjects}, recalls)
        return rows + sorted(self.kept, key=lambda row: row.group) + self.left_out

    def _recall(self, subject: str) -> float:
        truth, found = self.found[FLOOR], self.found[subject]
        shares = [len(set(found[at]) & set(truth[at])) / K for at in found if at in truth]
        return round(statistics.mean(shares), 4)

    def _tell_ratio(self, kind: str, medians: dict[str, float], recalls: dict[str, float]) -> None:
        peers = {subject: ms for subject, ms in medians.items() if not subject.startswith(OURS)}
        if not peers:
            return
        best = min(peers, key=peers.__getitem__)
        target = next((f" (wanted: at most {share:.2f})" for size, what, share in TARGETS if (size, what) == (self.size, kind)), "")
        for subject, ms in medians.items():
            if subject.startswith(OURS) and recalls[subject] >= 0.99:
                ratio = ms / peers[best]
                print(f"  {self.size:,} {kind}: {subject} takes {ratio:.3f} of the best peer's time, {best}{target}", flush=True)
