/** Why a worker's script did not load. Pages import this module when one has not. */

/**
 * Says why a worker's script did not load, which its error event does not.
 * @param {string} address
 * @returns {Promise<string>}
 */
export async function explainLoading(address) {
  const { why, advice } = await look(address);
  return `the script of its worker, ${address}, ${why}${advice}`;
}

const NOT_EMITTED =
  ". Some bundlers emit no workers: give them a folder with the files of the npm package, configure({ assetsURL }), as docs/bundlers.md shows";

/** @param {string} address */
async function look(address) {
  try {
    const response = await fetch(address);
    void response.body?.cancel();
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok) return { why: `was answered ${response.status}`, advice: NOT_EMITTED };
    if (!/javascript|ecmascript/.test(type)) return { why: `came as ${type || "no type"}, not as JavaScript`, advice: NOT_EMITTED };
  } catch (error) {
    return { why: `could not be fetched (${/** @type {any} */ (error)?.message ?? error})`, advice: "" };
  }
  const advice = ". Look for a Content-Security-Policy without worker-src, and for a script without the page's COEP header";
  return { why: "is there, but the browser refused it or a module that it imports", advice };
}
