import start from "sqlite-vec-wasm-demo";

let library;
export const load = async () => void (library = await start({ locateFile: () => "/bench/built/sqlite3.wasm", print() {}, printErr() {} }));

const SCHEMA = (dim) =>
  `create virtual table if not exists vectors using vec0(exact float[${dim}] distance_metric=cosine, signs bit[${dim}])`;

function fill(database, rows, dim) {
  database.exec(SCHEMA(dim));
  database.exec("begin");
  const insert = database.prepare("insert into vectors(rowid, exact, signs) values (?, ?, vec_quantize_binary(?))");
  for (let at = 0; at < rows.length / dim; at++) {
    const bytes = new Uint8Array(rows.buffer, at * dim * 4, dim * 4);
    insert.bind(1, BigInt(at)).bindAsBlob(2, bytes).bindAsBlob(3, bytes).stepReset();
  }
  insert.finalize();
  database.exec("commit");
}

const EXACT = "select rowid from vectors where exact match ? and k = ? order by distance";
const SIGNS = `with near as materialized (select rowid, exact from vectors where signs match vec_quantize_binary(?1) and k = ?2 * 20 order by distance)
  select rowid from near order by vec_distance_cosine(exact, ?1) limit ?2`;

function asking(database, sql) {
  const statement = database.prepare(sql);
  return (query, k) => {
    const found = [];
    statement.bindAsBlob(1, new Uint8Array(query.buffer)).bind(2, k);
    while (statement.step()) found.push(statement.getInt(0));
    statement.reset();
    return found;
  };
}

let filled;
const memory = (rows, dim) => {
  if (!filled) fill((filled = new library.oo1.DB(":memory:")), rows, dim);
  return filled;
};

export const subjects = {
  "sqlite-vec": { kind: "exact", build: async (rows, dim) => asking(memory(rows, dim), EXACT) },
  "sqlite-vec 1-bit, rescored": { kind: "ann", build: async (rows, dim) => asking(memory(rows, dim), SIGNS) },
};

const pool = () => library.installOpfsSAHPoolVfs({ name: "peers", directory: "/peers" });

export const durable = {
  "sqlite-vec, OPFS": {
    kind: "ann",
    async save(rows, dim) {
      const files = await pool();
      files.unlink("/vectors");
      const database = new files.OpfsSAHPoolDb("/vectors");
      fill(database, rows, dim);
      database.close();
    },
    async open() {
      const { OpfsSAHPoolDb } = await pool();
      return asking(new OpfsSAHPoolDb("/vectors"), SIGNS);
    },
  },
};
