/** The classes of staysail for xAI. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "xai";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "xai";
}

export class TranscriptionModel extends models.TranscriptionModel {
  static provider = "xai";
}

export class ImageGenerationModel extends models.ImageGenerationModel {
  static provider = "xai";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "xai";
}
