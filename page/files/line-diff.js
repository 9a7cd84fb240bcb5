/** Compares two texts line by line. */

/** Cells of the table that is filled; longer texts are shown whole. */
const MOST_CELLS = 4e6;

/**
 * Compares two texts. The lines that both begin and end with are left out, and the longest common subsequence of the others is found.
 * @param {string} stored
 * @param {string} yours
 * @returns {{side: "stored" | "yours", line: number, text: string}[]} the lines that differ, in order; line: from 1, in its own text
 */
export function diffLines(stored, yours) {
  const [a, b] = [stored.split("\n"), yours.split("\n")];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  const [left, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const common = commonLengths(left, right);
  /** @type {ReturnType<typeof diffLines>} */
  const lines = [];
  let [at, beside] = [0, 0];
  while (at < left.length || beside < right.length) {
    if (at < left.length && beside < right.length && left[at] === right[beside]) {
      at++;
      beside++;
    } else if (beside === right.length || (at < left.length && common(at + 1, beside) >= common(at, beside + 1))) {
      lines.push({ side: "stored", line: start + at + 1, text: left[at++] });
    } else {
      lines.push({ side: "yours", line: start + beside + 1, text: right[beside++] });
    }
  }
  return lines;
}

/**
 * Returns the number of equal lines of two lists, from two places on.
 * @param {string[]} left
 * @param {string[]} right
 * @returns {(at: number, beside: number) => number}
 */
function commonLengths(left, right) {
  const width = right.length + 1;
  if (left.length * right.length > MOST_CELLS) return () => 0;
  const table = new Uint32Array((left.length + 1) * width);
  for (let at = left.length - 1; at >= 0; at--)
    for (let beside = right.length - 1; beside >= 0; beside--)
      table[at * width + beside] =
        left[at] === right[beside]
          ? table[(at + 1) * width + beside + 1] + 1
          : Math.max(table[(at + 1) * width + beside], table[at * width + beside + 1]);
  return (at, beside) => table[at * width + beside];
}
