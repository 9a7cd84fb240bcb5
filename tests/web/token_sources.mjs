/**
 * Language models that are known beforehand, for testing what guides them: each gives candidates as a real one does (byte tokens
 * of any cut, end tokens, tokens that run past what is allowed) and keeps the bytes it was given.
 */

const encoder = new TextEncoder();

function source(rank) {
  let bytes = [];
  return {
    async force(text) {
      bytes.push(...encoder.encode(text));
    },
    async candidates(count) {
      return rank(bytes).slice(0, count);
    },
    async take(candidate) {
      bytes.push(...candidate.bytes);
    },
    mark: () => bytes.length,
    async rewind(mark) {
      if (mark > bytes.length) throw new Error("rewound forwards");
      bytes = bytes.slice(0, mark);
    },
    seen: () => bytes,
  };
}

/** Every byte alone, and pieces a real vocabulary has, the awkward ones above all. */
const VOCABULARY = [
  ...Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)),
  ...[
    '",',
    '"}',
    '"]',
    "\n\n",
    " the",
    "Oslo",
    '\\"',
    "\\u00",
    "\\n",
    'x", "y',
    "12",
    "-1",
    "0.5",
    ", ",
    "]]",
    "}}",
    ' "',
    "null",
    "nul",
    "true",
    "fah",
    "cel",
    "ä",
    "東",
    "京都",
    "\ud83d\ude00",
    '{"',
    "[1",
    "e+5",
    "007",
  ].map((text) => encoder.encode(text)),
  encoder.encode("東").slice(0, 2),
  Uint8Array.of(0xed, 0xa0),
];

/** A model that says anything at all, drawn by `next`. */
export function babble(next) {
  let drawn = [];
  let at = -1;
  return source((bytes) => {
    if (at !== bytes.length) {
      at = bytes.length;
      drawn = VOCABULARY.map((piece, token) => ({ token, p: next() ** 4, bytes: piece, end: false }));
      drawn.push({ token: VOCABULARY.length, p: next() ** 4, bytes: encoder.encode("<|im_end|>"), end: true });
      drawn.sort((a, b) => b.p - a.p);
    }
    return drawn;
  });
}

/** A model that wants to write `text`, in tokens of up to `longest` bytes, and knows every single byte besides. */
export function obey(text, longest) {
  const wanted = encoder.encode(text);
  return source((bytes) => {
    let same = 0;
    while (same < bytes.length && bytes[same] === wanted[same]) same++;
    const rest = same === bytes.length ? wanted.subarray(same) : new Uint8Array();
    const found = [];
    for (let length = Math.min(longest, rest.length); length > 0; length--)
      found.push({ token: 1000 + length, p: 0.5 / (1 + found.length), bytes: rest.subarray(0, length), end: false });
    if (found.length === 0) found.push({ token: 999, p: 0.9, bytes: encoder.encode("<|im_end|>"), end: true });
    for (let byte = 0; byte < 256; byte++) found.push({ token: byte, p: 1e-6, bytes: Uint8Array.of(byte), end: false });
    return found;
  });
}
