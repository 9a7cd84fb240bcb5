/** The classes of staysail for Cohere. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "cohere";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "cohere";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "cohere";
}

export class Reranker extends models.Reranker {
  static provider = "cohere";
}
