"""Texts a second of the embedders in the page, of about 32 and 256 tokens each. On one thread is how they ran before they took two."""

from bench.harness import Bench, Row

WAYS = {
    "MiniLM, 1 thread": ("all-minilm-l6-v2", 1),
    "MiniLM, 2 threads": ("all-minilm-l6-v2", 2),
    "potion 8M, a static table": ("potion-base-8m", 1),
}
COUNTS = {32: 128, 256: 24}  # texts of a length in tokens
ROUNDS = 3
MEASURE = """
const { LocalEngine } = await import("/web/local/engine.js");
const engine = new LocalEngine({ embedder: given.name, threads: given.threads });
const started = performance.now();
await engine.load({ language: false, embedder: true });
const loadMs = performance.now() - started;
const words = "the tide comes in and goes out again while small boats in a harbour turn slowly with it".split(" ");
const rates = {};
for (const [tokens, count] of Object.entries(given.counts)) {
  const faster = given.name.startsWith("potion") ? 40 : 1;
  const texts = Array.from({ length: count * faster }, (_, at) =>
    Array.from({ length: tokens - 2 }, (_, word) => words[(word * 7 + at * 5) % words.length]).join(" "));
  await engine.embed(texts.slice(0, 4));
  rates[tokens] = [];
  for (let round = 0; round < given.rounds; round++) {
    const begun = performance.now();
    await engine.embed(texts);
    rates[tokens].push((texts.length / (performance.now() - begun)) * 1000);
  }
}
engine.dispose();
return { loadMs, rates };
"""


def measure(bench: Bench) -> list[Row]:
    rows = []
    floor = next(iter(WAYS))
    for subject, (name, threads) in WAYS.items():
        with bench.page() as page:
            told = page.run(MEASURE, given={"name": name, "threads": threads, "counts": COUNTS, "rounds": ROUNDS})
        rows.append(Row("embedder: load", subject, told["loadMs"], "ms", floor))
        rows += [
            Row(f"embedder: texts of {tokens} tokens", subject, max(told["rates"][str(tokens)]), "texts/s", floor, more_is_better=True)
            for tokens in COUNTS
        ]
    return sorted(rows, key=lambda row: row.group)
