/** The classes of staysail for Hyperbolic. Made by tools/providers.py. */

import * as agents from "../agent/agent.js";
import * as models from "../models/models.js";

/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "hyperbolic";
}

export class CompletionModel extends models.CompletionModel {
  static provider = "hyperbolic";
}

export class ImageGenerationModel extends models.ImageGenerationModel {
  static provider = "hyperbolic";
}

export class AudioGenerationModel extends models.AudioGenerationModel {
  static provider = "hyperbolic";
}
