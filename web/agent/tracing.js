/**
 * Tracing: a run as spans, by OpenTelemetry's conventions for generative AI.
 *
 * @import { Span, TracerOptions } from "../types.js"
 * @import { Handler } from "../bridge/rpc.js"
 */

import { connect } from "../runtime/boot.js";
import { ConfigError } from "../errors.js";

const OPTIONS = ["exporter", "content", "raw"];
const LONGEST = 120;
/** Ids of tracers, so that agents with the same tracer share it. @type {WeakMap<TracerOptions, number>} */
const ids = new WeakMap();
let lastId = 0;

/** @param {TracerOptions | null | undefined} tracer */
export function checkTracer(tracer) {
  if (tracer == null) return;
  const unknown = Object.keys(tracer).find((name) => !OPTIONS.includes(name));
  if (unknown) throw new ConfigError(`there is no option "${unknown}" of tracer; there are: ${OPTIONS.join(", ")}`);
  const { exporter } = tracer;
  const to = /** @type {any} */ (exporter);
  const named = typeof to === "object" && to !== null && typeof (to.otlp ?? to.indexedDB) === "string";
  if (!named && exporter !== "console" && typeof exporter !== "function") {
    throw new ConfigError('tracer.exporter is "console", {otlp: url}, {indexedDB: name} or a function of a span');
  }
}

/** @param {TracerOptions} tracer */
export function describeTracer(tracer) {
  const { exporter, content = false, raw = false } = tracer;
  const id = ids.get(tracer) ?? ++lastId;
  ids.set(tracer, id);
  const named = /** @type {any} */ (exporter);
  const where = named.otlp
    ? { otlp: named.otlp, headers: named.headers ?? null }
    : named.indexedDB
      ? { indexed_db: named.indexedDB }
      : null;
  return { id, exporter: where, content, raw };
}

/**
 * Returns the function that Python calls with each span.
 * @param {TracerOptions | null | undefined} tracer
 * @returns {Handler}
 */
export function answerTracer(tracer) {
  return async ({ span }) => {
    const exporter = tracer?.exporter;
    if (typeof exporter === "function") await exporter(readSpan(span));
    else if (exporter === "console") print(readSpan(span));
  };
}

/**
 * Reads the spans that `tracer: {exporter: {indexedDB: name}}` has stored, in the order in which they began.
 * @param {string} name
 * @param {{traceId?: string}} [options] traceId: reads this trace alone
 * @returns {Promise<Span[]>}
 */
export async function readTraces(name, { traceId } = {}) {
  const peer = await connect();
  return (await peer.call("traces.read", { name, trace_id: traceId ?? null })).map(readSpan);
}

/** Deletes all stored spans. @param {string} name */
export async function clearTraces(name) {
  await (await connect()).call("traces.clear", { name });
}

/**
 * Reads a span; names of attributes stay as they are.
 * @param {any} span
 * @returns {Span}
 */
function readSpan({ trace_id: traceId, span_id: spanId, parent_id: parentId, start_ms: startMs, end_ms: endMs, events, ...same }) {
  return {
    traceId,
    spanId,
    parentId,
    ...same,
    startMs,
    endMs,
    events: events.map((/** @type {any} */ { time_ms: timeMs, ...event }) => ({ ...event, timeMs })),
  };
}

/** @param {Span} span */
function print({ traceId, name, startMs, endMs, attributes, status, message }) {
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${String(value).slice(0, LONGEST)}`);
  console.info(
    `${traceId.slice(0, 8)} ${(endMs - startMs).toFixed(0)} ms ${name}${status === "error" ? ` ERROR ${message}` : ""} ${pairs.join(" ")}`,
  );
}
