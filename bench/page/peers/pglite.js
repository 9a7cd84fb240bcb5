import { PGlite } from "/bench/built/pglite/index.js";
import { vector } from "/bench/built/pgvector/index.js";

const MADE = (dim) =>
  `create extension if not exists vector; create table if not exists items (id int primary key, embedding vector(${dim}))`;

const opened = (name) => PGlite.create(name, { extensions: { vector } });

async function fill(database, rows, dim) {
  await database.exec(MADE(dim));
  for (let first = 0; first < rows.length / dim; first += 500) {
    const lines = [];
    for (let at = first; at < Math.min(first + 500, rows.length / dim); at++)
      lines.push(`${at}\t[${rows.subarray(at * dim, (at + 1) * dim).join()}]\n`);
    await database.query("copy items from '/dev/blob'", [], { blob: new Blob(lines) });
  }
}

const asking = (database) => async (query, k) => {
  const found = await database.query(`select id from items order by embedding <#> $1 limit ${k}`, [`[${query.join()}]`]);
  return found.rows.map(({ id }) => id);
};

let filled;
const memory = async (rows, dim) => {
  if (!filled) await fill((filled = await opened("memory://")), rows, dim);
  return filled;
};

export const subjects = {
  "PGlite, pgvector": {
    kind: "exact",
    async build(rows, dim) {
      const search = asking(await memory(rows, dim));
      return async (query, k) => {
        await filled.exec("set enable_indexscan = off");
        const started = performance.now();
        const found = await search(query, k);
        return { ms: performance.now() - started, found };
      };
    },
  },
  "PGlite, pgvector HNSW": {
    kind: "ann",
    async build(rows, dim) {
      const database = await memory(rows, dim);
      await database.exec("create index on items using hnsw (embedding vector_ip_ops)");
      const search = asking(database);
      return async (query, k) => {
        await database.exec("set enable_indexscan = on");
        const started = performance.now();
        const found = await search(query, k);
        return { ms: performance.now() - started, found };
      };
    },
  },
};

export const durable = {
  "PGlite, pgvector, IndexedDB": {
    kind: "exact",
    async save(rows, dim) {
      const database = await opened("idb://peer-pglite");
      await fill(database, rows, dim);
      await database.close();
    },
    open: async () => asking(await opened("idb://peer-pglite")),
  },
};
