/** The classes of staysail for the models in the page. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

export { LOCAL_MODELS as localModels, describeDevice, recommendedModel } from "../local/catalogue.js";
export { LOCAL_EMBEDDERS as localEmbedders } from "../local/embedders.js";
export { browserTools } from "../local/browser-tools.js";
export { localEngine } from "../models/local-engines.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "local";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "local";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "local";
}
