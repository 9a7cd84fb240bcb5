/** What voyageai has, with the provider fixed. */

import * as models from "../models/models.js";

export class EmbeddingModel extends models.EmbeddingModel {
  static provider = "voyageai";
}

export class Reranker extends models.Reranker {
  static provider = "voyageai";
}
