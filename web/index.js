/** LLM agents that live in the page. */

export { Agent } from "./agent.js";
export { boot, shutdown } from "./boot.js";
export * from "./errors.js";
export { pythonTools } from "./python-tools.js";
export { decodeReadableStream, RawStreamingChoice } from "./streaming.js";
