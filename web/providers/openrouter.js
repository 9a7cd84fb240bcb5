/** The classes of staysail for OpenRouter. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "openrouter";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "openrouter";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "openrouter";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "openrouter";
}

export class ImageGenerationModel extends models.ImageGenerationModel {
  static provider = "openrouter";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "openrouter";
}

export class Reranker extends models.Reranker {
  static provider = "openrouter";
}
