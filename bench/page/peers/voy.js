import * as bindings from "voy-search/voy_search_bg.js";
import wasm from "voy-search/voy_search_bg.wasm";

export async function load() {
  const { instance } = await WebAssembly.instantiateStreaming(fetch(wasm), { "./voy_search_bg.js": bindings });
  bindings.__wbg_set_wasm(instance.exports);
}

export const subjects = {
  "voy-search": {
    kind: "exact",
    async build(rows, dim) {
      const index = new bindings.Voy({ embeddings: [] });
      for (let first = 0; first < rows.length / dim; first += 1000) {
        const embeddings = [];
        for (let at = first; at < Math.min(first + 1000, rows.length / dim); at++) {
          embeddings.push({ id: String(at), title: "", url: "", embeddings: [...rows.subarray(at * dim, (at + 1) * dim)] });
        }
        index.add({ embeddings });
      }
      return (query, k) => index.search(query, k).neighbors.map(({ id }) => id);
    },
  },
};
