/** The classes of staysail for Jina. Made by tools/providers.py. */

import * as models from "../models/models.js";

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "jina";
}

export class Reranker extends models.Reranker {
  static provider = "jina";
}
