/**
 * An agent: a model, tools and settings. It holds no conversation and no resource that must be released.
 *
 * @import { AgentEvent, AgentOptions, CallOptions, Content, Delegate, InferredMessage, MessageLike, OutputOf, PausedRun, PlainBatch, Reply, ResumeOptions, RunInfo, Schema, ToolApproval } from "../types.js"
 */

import { connect } from "../runtime/boot.js";
import { Batch } from "./batch.js";
import { Crew } from "./crew.js";
import { delegate, word } from "./delegation.js";
import { lastReply, toReadable, untilLeft } from "./event-streams.js";
import { ConfigError, OutputError } from "../errors.js";
import { readHooks } from "./hooks.js";
import { MEMBER } from "./member.js";
import { checkAgentOptions, checkCallOptions } from "./options.js";
import { isStandard, validate } from "./schema.js";
import { STEERING } from "./steering.js";
import { toCamel, toSnake } from "../bridge/spelling.js";
import { unlessAborted } from "./unless-aborted.js";

let lastId = 0;

/** @template {Schema | undefined} [S=undefined] the type of `outputSchema` */
export class Agent {
  /** The provider, where a subpath fixes it. @type {string | undefined} */
  static provider;

  #options;
  #provider;
  #id = `agent-${++lastId}`;
  #freed = false;

  /**
   * Checks the options at once. Python starts with the first call, or when `configure({ start })` or `boot` start it.
   * @param {AgentOptions<S>} options
   */
  constructor(options) {
    checkAgentOptions(options);
    this.#options = { ...options };
    this.#provider = new.target.provider;
  }

  /**
   * Runs the agent. Returns the answer's text.
   * @param {Content} prompt
   * @param {CallOptions} [options]
   * @returns {Promise<string>}
   */
  async prompt(prompt, options) {
    return (await this.run(prompt, options)).text;
  }

  /**
   * Runs the agent. Returns the answer with its messages, usage and steps.
   * @template {Schema | undefined} [C=S]
   * @param {Content} prompt
   * @param {CallOptions<C>} [options]
   * @returns {Promise<Reply<OutputOf<C>>>}
   */
  run(prompt, options = {}) {
    return this.#call("agent.run", options, prompt);
  }

  /**
   * Runs the agent. Yields the run's events, tool results included; the last is run_done with the reply. Leaving the loop ends the request.
   * @template {Schema | undefined} [C=S]
   * @param {Content} prompt
   * @param {CallOptions<C>} [options]
   * @returns {AsyncIterableIterator<AgentEvent<OutputOf<C>>>}
   */
  stream(prompt, options = {}) {
    return this.#follow("agent.stream", options, prompt);
  }

  /**
   * Resumes a paused or a durable run. A durable run that another tab owns is waited for. approvals: an answer for the id of each request;
   * a request without one stays pending.
   * @template {Schema | undefined} [C=S]
   * @param {Reply<any> | PausedRun | string} run a reply with `pending`, or its `run`, which is plain JSON; a durable run by its id
   * @param {ResumeOptions<C>} [options]
   * @returns {Promise<Reply<OutputOf<C>>>}
   */
  resume(run, options = {}) {
    return this.#call("agent.resume", options, "", pausedRun(run));
  }

  /**
   * Resumes a run as `resume` does, and yields its events. A durable run begins with its earlier events; while another tab owns it, its
   * events are passed on, and when that tab is gone before the end, the run is taken over.
   * @template {Schema | undefined} [C=S]
   * @param {Reply<any> | PausedRun | string} run
   * @param {ResumeOptions<C>} [options]
   * @returns {AsyncIterableIterator<AgentEvent<OutputOf<C>>>}
   */
  resumeStream(run, options = {}) {
    return this.#follow("agent.resume_stream", options, "", pausedRun(run));
  }

  /**
   * Yields the events of a durable run, earlier and new ones, without ever taking the run over. Ends with its run_done, or when nobody owns
   * the run.
   * @param {string} runId
   * @param {CallOptions} [options]
   * @returns {AsyncIterableIterator<AgentEvent<any>>}
   */
  watch(runId, options = {}) {
    return this.#follow("agent.watch", options, "", runId);
  }

  /**
   * Submits many prompts to the provider at once, which answers them within a day at half the price. Each prompt is one model call, without
   * tools that run here.
   * @template {Schema | undefined} [C=S]
   * @param {readonly Content[]} prompts
   * @param {CallOptions<C>} [options]
   * @returns {Promise<Batch<OutputOf<C>>>}
   */
  async batch(prompts, options = {}) {
    const { peer, crew, handlers } = await this.#prepare("", options);
    const params = { ...crew, prompts: prompts.map((prompt) => toSnake(prompt)) };
    const { warnings, ...plain } = await peer.call("agent.batch", params, { signal: options.signal ?? undefined, handlers });
    return this.#batch(plain, options, warnings);
  }

  /**
   * Opens a batch by its id or by its JSON.
   * @template {Schema | undefined} [C=S]
   * @param {PlainBatch | string} batch
   * @param {CallOptions<C>} [options] the options of `batch`
   * @returns {Batch<OutputOf<C>>}
   */
  openBatch(batch, options = {}) {
    checkCallOptions(options);
    const plain = typeof batch === "string" ? { id: batch } : batch;
    if (!plain?.id) throw new ConfigError("a batch is opened by its id, or by what it was as JSON");
    return this.#batch(plain, options);
  }

  /**
   * @param {PlainBatch} plain
   * @param {CallOptions<any>} options
   * @param {string[]} [warnings]
   * @returns {Batch<any>}
   */
  #batch(plain, { signal: _, ...options }, warnings) {
    /** @type {ConstructorParameters<typeof Batch>[0]} */
    const ask = async (method, batch, signal) => {
      const { peer, crew, handlers } = await this.#prepare("", options);
      return peer.call(method, { ...crew, batch }, { signal: signal ?? undefined, handlers });
    };
    return new Batch(ask, (reply) => readOutput(reply, this.#schema(options)), plain, warnings);
  }

  /** The durable runs on record where this agent keeps its own, the newest first. @returns {Promise<RunInfo[]>} */
  async runs() {
    const { peer, crew, handlers } = await this.#prepare("", {});
    return toCamel(await peer.call("agent.runs", crew, { handlers }));
  }

  /**
   * Deletes a durable run from the record.
   * @param {string} runId
   * @returns {Promise<void>}
   */
  async forgetRun(runId) {
    const { peer, crew, handlers } = await this.#prepare("", {});
    await peer.call("agent.forget_run", { ...crew, run: runId }, { handlers });
  }

  /**
   * Makes this agent a tool of another agent. Its usage counts as the caller's too, the caller's limits hold for it, and it stops with the
   * caller. name: by default the agent's. events: whether its events appear in the caller's stream. The other options hold for each of its
   * runs.
   * @param {CallOptions & {name?: string, description?: string, events?: boolean, needsApproval?: ToolApproval, idempotent?: boolean}}
   *   [options]
   * @returns {Delegate}
   */
  asTool({ name, description, events, needsApproval, idempotent, ...options } = {}) {
    checkCallOptions(options);
    const known = name ?? word(this.#options.name ?? "");
    return delegate({ agent: this, kind: "tool", name: known, description, events, needsApproval, idempotent, options });
  }

  /**
   * @internal
   * @returns {import("./member.js").Member}
   */
  [MEMBER]() {
    return { id: this.#id, provider: this.#provider, options: /** @type {AgentOptions} */ (this.#options) };
  }

  /**
   * @param {string} method
   * @param {ResumeOptions<any>} options
   * @param {Content} prompt
   * @param {PausedRun | string} [run]
   * @returns {Promise<Reply<any>>}
   */
  async #call(method, options, prompt, run) {
    if (options.steering)
      return lastReply(this.#follow(method === "agent.run" ? "agent.stream" : "agent.resume_stream", options, prompt, run));
    const { peer, crew, handlers } = await this.#prepare(typeof prompt === "string" ? prompt : "", options);
    const params = { ...crew, ...describeCall(options, prompt, run) };
    const reply = toCamel(await peer.call(method, params, { signal: options.signal ?? undefined, handlers }));
    return readOutput(reply, this.#schema(options));
  }

  /**
   * @param {string} method
   * @param {ResumeOptions<any>} options
   * @param {Content} prompt
   * @param {PausedRun | string} [run]
   * @returns {AsyncIterableIterator<AgentEvent<any>>}
   */
  #follow(method, options, prompt, run) {
    return untilLeft(options.signal, (signal) => this.#events(method, { ...options, signal }, prompt, run));
  }

  /**
   * Runs the agent. Returns the run's events as a stream, for `decodeReadableStream` or to be read directly, once the model begins to
   * answer; an earlier failure rejects the promise. chunkSize: events come in arrays of up to this length.
   * @overload
   * @param {Content} prompt
   * @param {CallOptions & {chunkSize: number}} options
   * @returns {Promise<ReadableStream<AgentEvent[]>>}
   */
  /**
   * @overload
   * @param {Content} prompt
   * @param {CallOptions & {chunkSize?: undefined}} [options]
   * @returns {Promise<ReadableStream<AgentEvent>>}
   */
  /**
   * @param {Content} prompt
   * @param {CallOptions & {chunkSize?: number}} [options]
   * @returns {Promise<ReadableStream<any>>}
   */
  async prompt_stream(prompt, { chunkSize, ...options } = {}) {
    if (chunkSize !== undefined && !(chunkSize >= 1)) throw new ConfigError(`chunkSize is at least 1, got ${chunkSize}`);
    return toReadable(this.stream(prompt, options), chunkSize);
  }

  /**
   * Runs `prompt` with a history.
   * @param {Content} prompt
   * @param {MessageLike | readonly (MessageLike | InferredMessage)[]} history
   * @param {CallOptions} [options]
   * @returns {Promise<string>}
   */
  chat(prompt, history, options) {
    return this.prompt(prompt, { ...options, history: /** @type {MessageLike[]} */ (history) });
  }

  /**
   * Runs `prompt` with at most `turns` rounds of tools.
   * @param {Content} prompt
   * @param {number} turns
   * @param {CallOptions} [options]
   * @returns {Promise<string>}
   */
  prompt_multi_turn(prompt, turns, options) {
    return this.prompt(prompt, { ...options, maxTurns: turns + 1 });
  }

  /**
   * Runs each prompt, at most `concurrency` at once. Returns the answers in the order of the prompts, with an error in place of an answer
   * that failed.
   * @param {readonly Content[]} prompts
   * @param {CallOptions & {concurrency?: number}} [options]
   * @returns {Promise<(string | Error)[]>}
   */
  async batch_prompt(prompts, { concurrency = 4, ...options } = {}) {
    if (!(concurrency >= 1)) throw new ConfigError(`concurrency is at least 1, got ${concurrency}`);
    /** @type {(string | Error)[]} */
    const answers = [];
    const waiting = prompts.entries();
    const work = async () => {
      for (const [position, prompt] of waiting) {
        try {
          answers[position] = await this.prompt(prompt, options);
        } catch (error) {
          if (options.signal?.aborted) throw error;
          answers[position] = /** @type {Error} */ (error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, prompts.length) }, work));
    return answers;
  }

  /** @type {Agent["prompt_stream"]} */
  promptStream(/** @type {any} */ prompt, /** @type {any} */ options) {
    return this.prompt_stream(prompt, options);
  }

  /** @type {Agent["prompt_multi_turn"]} */
  promptMultiTurn(prompt, turns, options) {
    return this.prompt_multi_turn(prompt, turns, options);
  }

  /** @type {Agent["batch_prompt"]} */
  batchPrompt(prompts, options) {
    return this.batch_prompt(prompts, options);
  }

  /** Releases the agent. Optional: a forgotten agent leaks nothing. */
  free() {
    this.#freed = true;
  }

  async [Symbol.asyncDispose]() {
    this.free();
  }

  /**
   * @param {string} method
   * @param {ResumeOptions<any> & {signal: AbortSignal}} options
   * @param {Content} prompt
   * @param {PausedRun | string} [run]
   * @returns {AsyncGenerator<AgentEvent<any>, undefined>}
   */
  async *#events(method, options, prompt, run) {
    const { peer, crew, handlers } = await this.#prepare(typeof prompt === "string" ? prompt : "", options);
    const { steering } = options;
    const params = { ...crew, ...describeCall(options, prompt, run), steering: steering?.[STEERING].attach(peer) ?? null };
    try {
      for await (const record of peer.stream(method, params, { signal: options.signal, handlers })) {
        const event = toCamel(record);
        if (event.type === "message_delivered") steering?.[STEERING].deliver(event.id);
        yield event.type === "run_done" ? { ...event, reply: await readOutput(event.reply, this.#schema(options)) } : event;
      }
    } finally {
      steering?.[STEERING].detach();
    }
  }

  /** @param {CallOptions} options */
  #schema({ outputSchema }) {
    return outputSchema === undefined ? this.#options.outputSchema : outputSchema;
  }

  /**
   * @param {string} text of the prompt, where it is text
   * @param {ResumeOptions} options
   */
  async #prepare(text, options) {
    if (this.#freed) throw new ConfigError("this agent was freed; make another");
    checkCallOptions(options);
    const { history, signal, approvals, steering, ...overrides } = options;
    const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
    const peer = await unlessAborted(connect(), signal);
    const hooks = [...readHooks(this.#options.hooks), ...readHooks(options.hooks)];
    const crew = new Crew(text, peer);
    await crew.add(this.#id, { provider: this.#provider, options: { ...this.#options, ...given, hooks } });
    return { peer, handlers: crew.handlers(), crew: { agent: this.#id, agents: crew.agents } };
  }
}

/**
 * @param {ResumeOptions<any>} options
 * @param {Content} prompt
 * @param {PausedRun | string} [run]
 */
function describeCall({ history, approvals }, prompt, run) {
  if (run) return { run, approvals: approvals ?? null };
  return { prompt: toSnake(prompt), history: history == null ? null : toSnake(history) };
}

/**
 * @param {Reply<any> | PausedRun | string} run
 * @returns {PausedRun | string}
 */
function pausedRun(run) {
  if (typeof run === "string") return run;
  if ("runId" in run && typeof run.runId === "string") return run.runId;
  const found = "messages" in run && "finishReason" in run ? run.run : run;
  if (!found) throw new ConfigError("this reply is final; go on with history: reply.messages");
  return /** @type {PausedRun} */ (found);
}

/**
 * Reads the output with its schema's library. Python has checked it as JSON Schema; refinements, defaults and transformations are the
 * library's work.
 * @param {Reply<any>} reply
 * @param {Schema | null | undefined} schema
 * @returns {Promise<Reply<any>>}
 */
async function readOutput(reply, schema) {
  if (!isStandard(schema)) return reply;
  const { output: raw, messages: history, usage } = reply;
  const refuse = (/** @type {string} */ why) => new OutputError(`the answer does not fit outputSchema: ${why}`, { raw, history, usage });
  return { ...reply, output: await validate(schema, raw, refuse) };
}
