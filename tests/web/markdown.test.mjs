// Markdown as any model may write it: every text is read, in bounded time, and nothing of it is lost.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "../../web/node_modules/fast-check/lib/fast-check.js";
import { lex, render } from "../../web/element/markdown-lexer.js";

const SECONDS = Number(process.env.STAYSAIL_ATTACK_SECONDS ?? 0);
const MARKS =
  "> |- |* |+ |1. |# |```\n|~~~\n|---\n|===\n|    |\n|\n\n|*|**|_|`|``|[|](|)|![|](https://|<|>|<b>|</b>|<!--|-->|&amp;|\\|~~|:|||\n|-|\n|[a]: b\n|[a]|http://x.y|<div>|\t|a|b |é|漢|\u{1f600}|\ud800";
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...MARKS.split("|"), "|", "|-|") },
  { weight: 1, arbitrary: fc.string({ maxLength: 8, unit: "binary" }) },
);
const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
// A short text again and again, which is what takes parsers long.
const repeated = fc
  .tuple(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.constantFrom(10, 100, 1000, 4000))
  .map(([pieces, count]) => pieces.join("").repeat(count).slice(0, 64_000));

/** Milliseconds of the fastest round. */
function time(source, rounds = 3) {
  let best = Infinity;
  for (let round = 0; round < rounds && best > 20; round++) {
    const started = performance.now();
    const { tokens, links } = lex(source);
    render(tokens, links);
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

test("any text is read, and its blocks are the text again", () => {
  let tried = 0;
  fc.assert(
    fc.property(fc.oneof(text, repeated), (source) => {
      tried++;
      const whole = source.replaceAll("\r", "");
      const { tokens, links } = lex(whole);
      const raw = tokens.map((token) => token.raw).join("");
      assert.equal(raw.replace(/[\s\u00a0]/g, ""), whole.replace(/[\s\u00a0]/g, ""));
      const html = render(tokens, links);
      assert.equal(typeof html, "string");
      assert.ok(html.length < 100 * whole.length + 200_000);
    }),
    { numRuns: SECONDS ? 1e9 : 500, interruptAfterTimeLimit: SECONDS ? SECONDS * 100 : undefined, markInterruptAsFailure: false },
  );
  console.log(`${tried} texts`);
});

test("a heading is underlined, in a list too", () => {
  const html = (source) => {
    const { tokens, links } = lex(source);
    return render(tokens, links);
  };
  assert.match(html("Tides\n====="), /<h4>Tides<\/h4>/);
  assert.match(html("One\ntwo\n-----\n\nText"), /<h5>One\ntwo<\/h5>/);
  assert.match(html("- Tides\n  =====\n"), /<h4>Tides<\/h4>/);
});

test("64 kB of a text's worst take no longer than a multiple of harmless 64 kB", () => {
  const harmless = time("A sentence with *emphasis*, `code` and a [link](https://example.com/).\n\n".repeat(1000).slice(0, 64_000));
  const slow = [];
  for (const pattern of [
    ..."> |*|* |_|[|![|<|`|~|!|[a](|<b>|[a]: |&|\\|*a |a* |**a*|_a |- |1. |#|(|]|http://a.|www.|a@|a.a@a.|\n| |\t|- [ ] |a  \n|```\n|<a b='|<!--|a_|*_~`[|~~a|[[a]](b)|> - |a\n=\n|[a](<b|> a\nb\n|    a\n|- a\n  |1. a\n\n|>>>>\n|- - - |* * *\n|[a]:\n|![a][|<div>\n|</div>\n|<x y=\"|:-:|$|$a|$$|$$\n|\n$$a\n|\\(|\\[|\n\\[ x|[^|[^a]|[^a]: b\n|$a \\$".split(
      "|",
    ),
    "|",
    "|a|b|\n|-|-|\n",
    "||",
    "|a",
    `${"|a".repeat(300)}|\n${"|-".repeat(300)}|\n|\n|\n|\n|\n`,
  ]) {
    const taken = time(pattern.repeat(Math.ceil(64_000 / pattern.length)).slice(0, 64_000));
    if (taken > 40 * harmless + 100) slow.push([pattern.slice(0, 20), Math.round(taken)]);
  }
  const deep = Array.from({ length: 350 }, (_, depth) => `${" ".repeat(depth * 2)}- a`).join("\n");
  const cells = `${"|a".repeat(1000)}|\n${"|-".repeat(1000)}|\n${"|\n".repeat(30_000)}`;
  const expanding = `[a]: https://example.com/${"x".repeat(20_000)}\n\n${"[a] ".repeat(10_000)}`;
  // Lines that go on with an item of a list, each of which could be a heading if a line below it were an underline.
  const lazy = ["a", "\\", "+++", "---a", "~", "a  ", "=a"].flatMap((line) =>
    ["- ", "1. ", "> - "].map((mark) => mark + `${line}\n`.repeat(64_000 / (line.length + 1))),
  );
  for (const source of [deep, cells, expanding, ...lazy]) if (time(source) > 40 * harmless + 100) slow.push([source.slice(0, 20)]);
  assert.deepEqual(slow, []);
  // Longer texts show what grows by more than their length.
  const longer = 200_000;
  const harmlessLonger = time("A sentence with *emphasis*, `code` and a [link](https://example.com/).\n\n".repeat(2800));
  for (const [start, piece] of [
    ["", "a"],
    ["- x", "===\n"],
    ["  - ", "|-|\n"],
    ["", "|-|\n$$\n"],
    ["", "a|b\n|-\n"],
    ["", "<scriptx\n"],
  ]) {
    const taken = time(start + piece.repeat(longer / piece.length), 1);
    if (taken > 40 * harmlessLonger + 100) slow.push([start + piece, longer, Math.round(taken)]);
  }
  assert.deepEqual(slow, []);
  const { tokens, links } = lex(expanding);
  assert.ok(render(tokens, links).length < 2_000_000);
});
