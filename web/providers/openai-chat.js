/** The classes of staysail for OpenAI by Chat Completions. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "openai-chat";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "openai-chat";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "openai-chat";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "openai-chat";
}

export class ImageGenerationModel extends models.ImageGenerationModel {
  static provider = "openai-chat";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "openai-chat";
}
