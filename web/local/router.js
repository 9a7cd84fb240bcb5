/** @import { ToolDefinition } from "./types.js" */
export class Router {
  /** @param {(texts: string[]) => Promise<Float32Array[]>} embed */
  constructor(embed) { this.embed = embed; }
}
