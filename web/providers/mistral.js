/** The classes of staysail for Mistral. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "mistral";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "mistral";
}

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "mistral";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "mistral";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "mistral";
}

export class OcrModel extends models.OcrModel {
  static provider = "mistral";
}
