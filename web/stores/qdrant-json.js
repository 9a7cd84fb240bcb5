/**
 * JSON with ids up to 2^64, which Qdrant has and JavaScript's numbers do not hold exactly: BigInts are written as numbers, long ids read as
 * text. A string that never closes is passed over as a whole, so that reading takes linear time.
 */

const BIG_ID = /("id"|"next_page_offset")(\s*:\s*)(\d{16,20})(?=\s*[,}])|"(?:[^"\\]|\\.)*(?:"|\\?$)/g;

/**
 * @param {unknown} body
 * @returns {string | undefined}
 */
export function writeJson(body) {
  const mark = `id ${Math.random()} `; // which no text contains
  let big = false;
  const text = JSON.stringify(body, (_, value) => {
    if (typeof value !== "bigint") return value;
    big = true;
    return mark + value;
  });
  return big ? text.replaceAll(new RegExp(`"${mark}(\\d+)"`, "g"), "$1") : text;
}

/**
 * @param {string} text
 * @returns {any}
 */
export const readJson = (text) =>
  JSON.parse(
    text.replace(BIG_ID, (whole, name, colon, digits) =>
      digits && !Number.isSafeInteger(Number(digits)) ? `${name}${colon}"${digits}"` : whole,
    ),
  );
