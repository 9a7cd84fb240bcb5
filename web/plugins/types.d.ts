/** Values that the modules of this folder hand to one another. */

import type { Line } from "./line.js";

/** A plugin's binary interface, as py/staysail/fs/wasm.py finds it. */
export type Abi = "extism" | "hyper-mcp-v1" | "hyper-mcp-v2" | "wasi-command" | "wasi-reactor" | "plain";

/**
 * A plugin as it is to be started. functions: the exported ones, with signatures such as "(i32, i32) -> i64". calls: see calls.js.
 * room_bytes: limit of its memory and of what the host holds for it. start_bytes: of its memory at the start. timeout_ms: of its start.
 */
export type Spec = {
  name: string;
  kind: "wasm" | "javascript";
  abi?: Abi;
  functions?: Record<string, string>;
  calls?: Record<string, any>;
  memory_bytes: number;
  room_bytes?: number;
  start_bytes?: number;
  timeout_ms: number;
  output_bytes: number;
};

/** What a plugin says of itself. */
export type About = { version?: string; skill_document?: string; operations?: Record<string, any> };

/** A plugin that runs. execute: takes a request as JSON text, gives a response as JSON text. */
export type Running = { about: About; init(config: any): unknown; execute(text: string): unknown };

/** What a plugin starts from: `module` where it is WASM, `source` where it is JavaScript. */
export type Start = { spec: Spec; line: Line; log: (text: string) => void; module: WebAssembly.Module; source: string };
