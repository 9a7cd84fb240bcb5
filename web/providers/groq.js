/** The classes of staysail for Groq. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "groq";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "groq";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "groq";
}
