// What differs between two texts, against the definition: what is left of each without the differing lines is the same.

import assert from "node:assert/strict";
import { test } from "node:test";

import fc from "../../web/node_modules/fast-check/lib/fast-check.js";
import { diffLines } from "../../page/files/line-diff.js";

const texts = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 }).map((lines) => lines.join("\n"));

/**
 * @param {string} text
 * @param {ReturnType<typeof diffLines>} differing
 * @param {"stored" | "yours"} side
 */
function without(text, differing, side) {
  const mine = differing.filter((one) => one.side === side);
  const lines = text.split("\n");
  for (const { line, text: words } of mine) assert.equal(lines[line - 1], words);
  const left = new Set(mine.map(({ line }) => line - 1));
  return lines.filter((_, at) => !left.has(at));
}

test("what is left of both texts is the same", () => {
  fc.assert(
    fc.property(texts, texts, (stored, yours) => {
      const differing = diffLines(stored, yours);
      assert.deepEqual(without(stored, differing, "stored"), without(yours, differing, "yours"));
    }),
  );
});

test("no line is told that need not be", () => {
  assert.deepEqual(diffLines("a\nb\nc", "a\nb\nc"), []);
  assert.deepEqual(diffLines("Ada\nCyd", "Ada\nBob\nDan"), [
    { side: "stored", line: 2, text: "Cyd" },
    { side: "yours", line: 2, text: "Bob" },
    { side: "yours", line: 3, text: "Dan" },
  ]);
  assert.deepEqual(diffLines("a\nb\na\nc", "b\na\nc\nc"), [
    { side: "stored", line: 1, text: "a" },
    { side: "yours", line: 3, text: "c" },
  ]);
});

test("texts of many thousand lines are compared within a moment", () => {
  const [stored, yours] = ["x", "y"].map((word) => Array.from({ length: 20_000 }, (_, at) => `${word}${at}`).join("\n"));
  assert.equal(diffLines(stored, yours).length, 40_000);
});
