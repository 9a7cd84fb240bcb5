/** The classes of staysail for Google Gemini. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "gemini";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "gemini";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "gemini";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "gemini";
}

export class ImageGenerationModel extends models.ImageGenerationModel {
  static provider = "gemini";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "gemini";
}
