/** The classes of staysail for Voyage AI. Made by tools/providers.py. */

import * as models from "../models/models.js";

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "voyageai";
}

export class Reranker extends models.Reranker {
  static provider = "voyageai";
}
