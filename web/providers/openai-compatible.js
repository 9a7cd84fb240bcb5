/** The classes of staysail for OpenAI-compatible server. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "openai-compatible";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "openai-compatible";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "openai-compatible";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "openai-compatible";
}

export class ImageGenerationModel extends models.ImageGenerationModel {
  static provider = "openai-compatible";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "openai-compatible";
}

export class Reranker extends models.Reranker {
  static provider = "openai-compatible";
}
