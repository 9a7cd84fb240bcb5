/** The classes of staysail for Mistral by Conversations. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "mistral-conversations";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "mistral-conversations";
}
