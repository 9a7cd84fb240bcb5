/**
 * Checks whether a piece of text may go on inside a JSON string or number.
 *
 * @import { NumberShape } from "./schema.js"
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** What may follow a backslash. `\u` is left out: models write characters as they are, and half a surrogate pair is no text. */
const ESCAPES = new Set([...'"\\/bfnrt'].map((letter) => letter.charCodeAt(0)));
const MAX_DIGITS = 15;
const MAX_DECIMALS = 6;

/**
 * A place inside a JSON string.
 * @typedef {{escaped: boolean, pending: number, low: number, high: number, chars: number}} StringState
 *   `pending`: bytes still missing of a UTF-8 character, the next of them between `low` and `high`. `chars`: code points so far.
 */

/** @type {StringState} */
export const STRING_START = { escaped: false, pending: 0, low: 0x80, high: 0xbf, chars: 0 };

/**
 * Whether a closing quote may stand at a place inside a string.
 * @param {StringState} state
 * @returns {boolean}
 */
export function isWhole(state) {
  return !state.escaped && state.pending === 0;
}

/**
 * Moves a place inside a string past further bytes.
 * @param {StringState} state
 * @param {Uint8Array} bytes
 * @returns {{state: StringState, close: number} | undefined} `close`: where the closing quote stands, or -1; undefined where no JSON string goes on with these bytes
 */
export function scanString(state, bytes) {
  let { escaped, pending, low, high, chars } = state;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (pending) {
      if (byte < low || byte > high) return undefined;
      [low, high] = [0x80, 0xbf];
      if (--pending === 0) chars++;
    } else if (escaped) {
      if (!ESCAPES.has(byte)) return undefined;
      escaped = false;
      chars++;
    } else if (byte === QUOTE) {
      return { state: { escaped, pending, low, high, chars }, close: at };
    } else if (byte === BACKSLASH) {
      escaped = true;
    } else if (byte < 0x80) {
      if (byte < 0x20 || byte === 0x7f) return undefined;
      chars++;
    } else {
      const lead = utf8Lead(byte);
      if (!lead) return undefined;
      ({ pending, low, high } = lead);
    }
  }
  return { state: { escaped, pending, low, high, chars }, close: -1 };
}

/** The second byte's bounds keep overlong forms and surrogates out (RFC 3629). @param {number} byte */
function utf8Lead(byte) {
  if (byte < 0xc2 || byte > 0xf4) return undefined;
  const pending = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
  const low = byte === 0xe0 ? 0xa0 : byte === 0xf0 ? 0x90 : 0x80;
  const high = byte === 0xed ? 0x9f : byte === 0xf4 ? 0x8f : 0xbf;
  return { pending, low, high };
}

/**
 * Whether `text` begins some JSON number that fits.
 * @param {string} text
 * @param {NumberShape} shape
 */
export function beginsNumber(text, shape) {
  const parts = /^(-?)(0|[1-9]\d*)?(?:(\.)(\d*))?$/.exec(text);
  if (!parts) return false;
  const [, sign, whole = "", point, decimals = ""] = parts;
  if (!whole) return !point && (sign ? shape.min < 0 : true);
  if (whole.length > MAX_DIGITS || (point && shape.integer) || decimals.length > MAX_DECIMALS) return false;
  const [least, most] = sign ? [-shape.max, -shape.min] : [shape.min, shape.max];
  const value = Number(`${whole}.${decimals || 0}`);
  if (point) return value <= most && value + 10 ** -decimals.length >= least;
  const grows = whole === "0" ? 0 : MAX_DIGITS - whole.length;
  const width = shape.integer ? 0 : 1; // 12 may still become 12.9, but not as an integer
  for (let more = 0; more <= grows; more++) {
    const scale = 10 ** more;
    if (value * scale <= most && (value + 1) * scale - 1 + width >= least) return true;
  }
  return false;
}

/**
 * Whether a text is a JSON number, other than minus zero.
 * @param {string} text
 * @returns {boolean}
 */
export function isNumber(text) {
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) && !/^-0(\.0*)?$/.test(text);
}

/**
 * Returns the number nearest to `value` that fits.
 * @param {number} value
 * @param {NumberShape} shape
 * @returns {number | undefined} undefined where none was found
 */
export function nearestNumber(value, shape) {
  const clamped = Math.min(shape.max, Math.max(shape.min, value));
  const { step } = shape;
  /** @type {number[]} */
  const tries = [clamped, Math.round(clamped), Math.floor(clamped), Math.ceil(clamped)];
  if (step) {
    const whole = shape.integer && !Number.isInteger(step) ? 1 : step;
    for (let away = 0; away <= 64; away++)
      tries.push((Math.round(clamped / whole) - away) * whole, (Math.round(clamped / whole) + away) * whole);
  }
  const room = Math.min(1, shape.max - shape.min);
  for (const part of [0.5, 0.25, 0.75, 1e-3, 1e-6, 1e-9]) tries.push(clamped + room * part, clamped - room * part);
  return tries.filter((each) => shape.fits(each)).sort((a, b) => Math.abs(a - value) - Math.abs(b - value))[0];
}
