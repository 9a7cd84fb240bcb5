import init, { EdgeVec, EdgeVecConfig, JsIndexType, MetricType, VectorType } from "edgevec";
import wasm from "edgevec/edgevec_bg.wasm";

export const load = () => init({ module_or_path: wasm });

function make(dim, { type = JsIndexType.Hnsw, metric = MetricType.Cosine, vectors = VectorType.Float32 } = {}) {
  const config = new EdgeVecConfig(dim);
  config.indexType = type;
  config.setMetricType(metric);
  config.vector_type = vectors;
  return new EdgeVec(config);
}

function fill(index, rows, dim) {
  const ids = new Map();
  for (let at = 0; at < rows.length / dim; at++) ids.set(index.insert(rows.slice(at * dim, (at + 1) * dim)), at);
  return ids;
}

function signs(row) {
  const bits = new Uint8Array(row.length / 8);
  for (let at = 0; at < row.length; at++) if (row[at] > 0) bits[at >> 3] |= 1 << (at & 7);
  return bits;
}

export const subjects = {
  "edgevec HNSW": {
    kind: "ann",
    async build(rows, dim) {
      const index = make(dim);
      const ids = fill(index, rows, dim);
      return (query, k) => index.search(query, k).map(({ id }) => ids.get(id));
    },
  },
  // Its flat index takes bits alone: they are made, and the 20 k it finds rescored, by hand.
  "edgevec flat 1-bit, rescored in JavaScript": {
    kind: "ann",
    async build(rows, dim) {
      const index = make(dim, { type: JsIndexType.Flat, metric: MetricType.Hamming, vectors: VectorType.Binary });
      const ids = new Map();
      for (let at = 0; at < rows.length / dim; at++) ids.set(index.insertBinary(signs(rows.subarray(at * dim, (at + 1) * dim))), at);
      return (query, k) => {
        const scored = index.searchBinary(signs(query), 20 * k).map(({ id }) => {
          const at = ids.get(id);
          let score = 0;
          for (let i = 0; i < dim; i++) score += query[i] * rows[at * dim + i];
          return { at, score };
        });
        return scored
          .sort((a, b) => b.score - a.score)
          .slice(0, k)
          .map(({ at }) => at);
      };
    },
  },
};

// Nothing durable: what `save` of edgevec 0.9.0 writes, its `load` refuses ("This is a feature that PostCard will never implement").
