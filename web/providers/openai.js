/** The classes of staysail for OpenAI. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "openai";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "openai";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "openai";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "openai";
}

export class ImageGenerationModel extends models.ImageGenerationModel {
  static provider = "openai";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "openai";
}

/** By the Responses API, which `openai` uses by default. */
export class ResponsesCompletionModel extends CompletionModel {}

/** By the Chat Completions API. */
export class CompletionsCompletionModel extends CompletionModel {
  static provider = "openai-chat";
}
