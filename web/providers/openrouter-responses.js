/** The classes of staysail for OpenRouter by Responses. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "openrouter-responses";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "openrouter-responses";
}
