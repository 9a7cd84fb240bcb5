/**
 * Strings and numbers of guided decoding: the model's most likely token that keeps the text legal, one after the other.
 *
 * @import { NumberShape, StringShape } from "./schema.js"
 * @import { Pen } from "./pen.js"
 */

import { LocalModelError } from "./errors.js";
import { STRING_START, beginsNumber, isNumber, isWhole, nearestNumber, scanString } from "./json-text.js";
import { decode } from "./pen.js";
import { badSchema } from "./schema.js";

/** The same few characters four times over. */
const CIRCLE = /(.{3,40}?)\1{3}$/su;
const CLOSING = Uint8Array.of(0x22);

/**
 * Writes the rest of a string, whose opening quote is written: its characters and the closing quote.
 * @param {Pen} pen
 * @param {StringShape} shape
 * @param {(text: string, isWhole: boolean) => number} favour a factor on the probability of a string that begins with the text, or is it
 */
export async function writeString(pen, { minLength, maxLength, pattern }, favour) {
  await pen.flush();
  let state = STRING_START;
  /** @type {number[]} */
  let bytes = [];
  let whole = { place: pen.mark(), length: 0, chars: 0 };
  const closes = (/** @type {number} */ chars, /** @type {number[]} */ raw) =>
    chars >= minLength && chars <= maxLength && (!pattern || pattern.test(JSON.parse(`"${decode(raw)}"`)));
  const room = minLength + 64;
  for (let steps = 0; ; steps++) {
    if (isWhole(state)) whole = { place: pen.mark(), length: bytes.length, chars: state.chars };
    const full = state.chars >= maxLength;
    const circling = bytes.length > 24 && CIRCLE.test(decode(bytes));
    if ((pen.spent() || full || circling) && isWhole(state) && (closes(state.chars, bytes) || full)) break;
    if (pen.spent() && steps > room) break;
    const step = await pen.firstLegal(
      (candidate) => {
        if (candidate.end ? !isWhole(state) : candidate.bytes.length === 0) return undefined;
        const scanned = scanString(state, candidate.end ? CLOSING : candidate.bytes);
        if (!scanned) return undefined;
        const { close } = scanned;
        if (close < 0)
          return scanned.state.chars + (isWhole(scanned.state) ? 0 : 1) > maxLength ? undefined : { candidate, scanned, tail: undefined };
        const tail = candidate.end ? [] : [...candidate.bytes.subarray(0, close)];
        return closes(scanned.state.chars, [...bytes, ...tail]) ? { candidate, scanned, tail } : undefined;
      },
      (piece) => {
        const quote = piece.indexOf(0x22);
        return favour(decode([...bytes, ...(quote < 0 ? piece : piece.subarray(0, quote))]), quote >= 0);
      },
    );
    if (!step) break;
    if (step.tail) {
      // The model has seen `bytes`; but not the head of the closing token, which it gets with the next text.
      await pen.rewind(whole.place);
      pen.text += decode([...bytes, ...step.tail]);
      pen.pending = decode([...bytes.slice(whole.length), ...step.tail]);
      pen.force('"');
      return;
    }
    await pen.take(step.candidate);
    state = step.scanned.state;
    bytes.push(...step.candidate.bytes);
  }
  if (bytes.length !== whole.length) await pen.rewind(whole.place);
  bytes = bytes.slice(0, whole.length);
  const missing = minLength - whole.chars;
  pen.text += decode(bytes);
  if (missing > 0) pen.force(" ".repeat(missing));
  if (!closes(Math.max(whole.chars, minLength), [...bytes, ...Array(Math.max(0, missing)).fill(0x20)])) {
    throw new LocalModelError("bad_schema", `The local model found no text that fits the pattern ${pattern}.`);
  }
  pen.force('"');
}

/**
 * Writes a number.
 * @param {Pen} pen
 * @param {NumberShape} shape
 */
export async function writeNumber(pen, shape) {
  await pen.flush();
  const before = pen.mark();
  let text = "";
  while (!pen.spent()) {
    const step = await pen.firstLegal((candidate) => {
      const piece = candidate.end ? "" : decode([...candidate.bytes]);
      const digits = /^[-\d.]*/.exec(piece)?.[0] ?? "";
      const longer = text + digits;
      if (digits.length === piece.length && digits) return beginsNumber(longer, shape) ? { candidate, longer, done: false } : undefined;
      return isNumber(longer) && shape.fits(Number(longer)) ? { candidate, longer, done: true } : undefined;
    });
    if (!step) break;
    if (step.done) {
      pen.text += step.longer;
      pen.pending = step.longer.slice(text.length);
      return;
    }
    await pen.take(step.candidate);
    text = step.longer;
  }
  if (isNumber(text) && shape.fits(Number(text))) {
    pen.text += text;
    return;
  }
  const value = nearestNumber(Number(text) || 0, shape);
  if (value === undefined) throw badSchema("no number was found that fits it");
  await pen.rewind(before);
  pen.force(JSON.stringify(value));
}
