// One peer in a worker of its own. Its module (bench/built/NAME.js, from page/peers/NAME.js) exports:
//
//   load()                    brings the library up; not part of any figure
//   subjects                  {name: {kind: "exact" | "ann", build(rows, dim) -> search}}
//   durable                   {name: {kind, save(rows, dim), open(dim) -> search}}: what outlives the page
//
// rows: Float32Array, n * dim. A search takes (query, k) and gives the rows' numbers, best first; where it measures itself,
// {ms, found}.

let /** @type {any} */ peer;
const /** @type {Record<string, Function>} */ searches = {};
let /** @type {Float32Array} */ queries;

const timed = async (/** @type {() => any} */ work) => {
  const started = performance.now();
  const value = await work();
  return value?.ms === undefined ? { ms: performance.now() - started, found: value } : value;
};
/** Memory that is shared cannot be handed to every library. @param {SharedArrayBuffer} shared */
const own = (shared) => {
  const rows = new Float32Array(shared.byteLength / 4);
  rows.set(new Float32Array(shared));
  return rows;
};

const calls = {
  async describe({ name }) {
    peer = await import(`/bench/built/${name}.js`);
    const named = (/** @type {any} */ group) => Object.entries(group ?? {}).map(([subject, { kind }]) => ({ subject, kind }));
    return { subjects: named(peer.subjects), durable: named(peer.durable) };
  },
  async load({ name, asked }) {
    queries = asked;
    peer = await import(`/bench/built/${name}.js`);
    await peer.load?.();
  },
  async build({ subject, rows, dim }) {
    const copied = own(rows);
    const started = performance.now();
    searches[subject] = await peer.subjects[subject].build(copied, dim);
    return performance.now() - started;
  },
  async search({ subject, at, dim, k }) {
    const query = queries.slice(at * dim, (at + 1) * dim);
    const { ms, found } = await timed(() => searches[subject](query, k));
    return { ms, found: [...found].map(Number) };
  },
  async save({ subject, rows, dim }) {
    const copied = own(rows);
    return (await timed(() => peer.durable[subject].save(copied, dim))).ms;
  },
  async open({ subject, dim, k }) {
    const query = queries.slice(0, dim);
    const started = performance.now();
    const search = await peer.durable[subject].open(dim);
    const first = await search(query, k);
    return { ms: performance.now() - started, found: [...(first.found ?? first)].map(Number) };
  },
};

addEventListener("message", async ({ data: { id, call, ...values } }) => {
  try {
    postMessage({ id, value: await calls[call](values) });
  } catch (error) {
    postMessage({ id, error: String(error?.message ?? error).slice(0, 300) });
  }
});
