// Runs the peers of page/peers side by side, each in a worker of its own; the rows are shared by all of them.
//
// Data: float32 of length 1, from a fixed seed (mulberry32, Box and Muller): a thousand centres of standard normal numbers, and rows of a
// centre + 0.5 x noise. Queries: rows + 0.2 x noise (before they are brought to length 1).

export const DIM = 768;
const CENTRES = 1000;
const QUERIES = 50;

function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function normal(next) {
  let spare = NaN;
  return () => {
    if (!Number.isNaN(spare)) {
      const kept = spare;
      spare = NaN;
      return kept;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  };
}

function toUnit(row) {
  let squares = 0;
  for (const value of row) squares += value * value;
  const length = Math.sqrt(squares);
  for (let at = 0; at < row.length; at++) row[at] /= length;
  return length;
}

export function makeData(count) {
  const next = random(7);
  const draw = normal(next);
  const centres = Float32Array.from({ length: CENTRES * DIM }, draw);
  const shared = new SharedArrayBuffer(count * DIM * 4);
  const rows = new Float32Array(shared);
  const lengths = new Float32Array(count);
  for (let at = 0; at < count; at++) {
    const centre = Math.floor(next() * CENTRES) * DIM;
    const row = rows.subarray(at * DIM, (at + 1) * DIM);
    for (let i = 0; i < DIM; i++) row[i] = centres[centre + i] + 0.5 * draw();
    lengths[at] = toUnit(row);
  }
  const queries = new Float32Array(QUERIES * DIM);
  for (let at = 0; at < QUERIES; at++) {
    const row = Math.floor(next() * count);
    const query = queries.subarray(at * DIM, (at + 1) * DIM);
    for (let i = 0; i < DIM; i++) query[i] = rows[row * DIM + i] * lengths[row] + 0.2 * draw();
    toUnit(query);
  }
  return { shared, queries };
}

const jobs = { build, compare, keep, describe };
let job;

/** What takes longer than a driver waits for: begun here, asked for with `result` until there is one. */
export function begin(name, values) {
  job = {};
  jobs[name](...values).then(
    (value) => (job.value = value),
    (error) => (job.error = String(error?.stack ?? error)),
  );
}

export const result = () => job;

let data;

export function prepare(count) {
  data = makeData(count);
}

/** A peer in a worker. Its calls reject after `limitS`, and then it is ended. */
export class Peer {
  // The word is for sqlite's library: one of its ways to store would wait for a file that its package lacks.
  #worker = new Worker("/bench/page/worker.js?opfs-disable", { type: "module" });
  #waiting = new Map();
  #last = 0;
  ended = false;

  constructor(name) {
    this.name = name;
    this.#worker.addEventListener("message", ({ data: { id, value, error } }) => {
      const { done, failed } = this.#waiting.get(id);
      this.#waiting.delete(id);
      error === undefined ? done(value) : failed(new Error(error));
    });
    this.#worker.addEventListener("error", (event) => this.end(new Error(event.message || "the worker failed")));
  }

  call(call, values = {}, limitS = 120) {
    const id = ++this.#last;
    const answer = new Promise((done, failed) => this.#waiting.set(id, { done, failed }));
    this.#worker.postMessage({ id, call, ...values });
    const timer = setTimeout(() => this.end(new Error(`not done within ${limitS} s`)), limitS * 1000);
    return answer.finally(() => clearTimeout(timer));
  }

  load() {
    return this.call("load", { name: this.name, asked: data.queries });
  }

  end(reason = new Error("ended")) {
    this.ended = true;
    this.#worker.terminate();
    for (const { failed } of this.#waiting.values()) failed(reason);
    this.#waiting.clear();
  }
}

const open = new Map();

/** Builds subjects of a peer: [{subject, buildMs} or {subject, reason}]. One that takes too long is ended with its worker, and what that
 *  had built already is built again. */
export async function build(name, subjects, limitS) {
  const built = [];
  let peer = await start(name);
  const add = async (subject) => {
    const buildMs = await peer.call("build", { subject, rows: data.shared, dim: DIM }, limitS);
    open.set(subject, peer);
    return buildMs;
  };
  for (const subject of subjects) {
    try {
      built.push({ subject, buildMs: await add(subject) });
    } catch (error) {
      built.push({ subject, reason: error.message });
      if (!peer.ended) continue;
      peer = await start(name);
      for (const { subject, reason } of built) if (!reason) await add(subject);
    }
  }
  return built;
}

async function start(name) {
  const peer = new Peer(name);
  await peer.load();
  return peer;
}

/** The subjects of a peer by name, and what outlives the page. */
export async function describe(name) {
  const peer = new Peer(name);
  try {
    return await peer.call("describe", { name });
  } finally {
    peer.end();
  }
}

/** Each query by each subject in turn, so that whatever else the machine does falls on all: {subject: {times, found}}. */
export async function compare(subjects, runs, k, first = 0) {
  const results = Object.fromEntries(subjects.map((subject) => [subject, { times: [], found: {} }]));
  for (let at = -2; at < runs; at++) {
    for (const subject of subjects) {
      try {
        const { ms, found } = await open.get(subject).call("search", { subject, at: (at + 2 + first) % QUERIES, dim: DIM, k });
        if (at < 0) continue; // the first ones warm up
        results[subject].times.push(ms);
        results[subject].found[at] = found;
      } catch (error) {
        results[subject].reason = error.message;
      }
    }
  }
  return results;
}

export function close(subject) {
  const peer = open.get(subject);
  for (const [other, its] of open) if (its === peer) open.delete(other);
  peer?.end();
}

/** Saving all rows so that they outlive the page, then opening them in a fresh worker whose library is up, to the first answer. */
export async function keep(name, subject, limitS) {
  let peer = await start(name);
  const result = {};
  try {
    result.saveMs = await peer.call("save", { subject, rows: data.shared, dim: DIM }, limitS);
    result.openMs = [];
    for (let again = 0; again < 3; again++) {
      peer.end();
      peer = await start(name);
      result.openMs.push((await peer.call("open", { subject, dim: DIM, k: 10 }, 60)).ms);
    }
  } catch (error) {
    result.reason = error.message;
  } finally {
    peer.end();
  }
  return result;
}
