/**
 * WASI preview 1 for plugins, over a shim. What a program sees: its arguments, no environment but what it is given, ToolFS as the
 * directory /toolfs under the caller's session, and of the host nothing else but the time and random numbers.
 *
 * @import { Budget } from "./budget.js"
 * @import { Line } from "./line.js"
 */

import { Fd } from "../vendor/wasi/fd.js";
import WASI, { WASIProcExit as Exit } from "../vendor/wasi/wasi.js";
import * as codes from "../vendor/wasi/wasi_defs.js";
import { PluginFault } from "./faults.js";
import { FolderFd, Tree } from "./wasi-files.js";

export { Exit };

const MOST_OPEN = 1024;
/** As IOV_MAX of systems. */
const MOST_VECTORS = 1024;
const VECTORED = ["fd_read", "fd_write", "fd_pread", "fd_pwrite"];
const GATHERED_BYTES = 1 << 10;

/** @typedef {{args?: string[], env?: string[], stdin?: Uint8Array, folder?: string}} Surroundings folder: what "." is */

export class Wasi {
  /** @type {Record<string, Function>} */
  imports;
  #shim;
  #tree;
  #outputBytes;
  /** @type {Uint8Array[]} */
  #stdout = [];
  /** @type {Uint8Array[]} */
  #stderr = [];

  /**
   * @param {Line} line
   * @param {number} outputBytes most of what it writes
   * @param {Budget} budget
   */
  constructor(line, outputBytes, budget) {
    this.#tree = new Tree((question) => line.askNow(question), budget);
    this.#outputBytes = outputBytes;
    this.#shim = new WASI([], [], [], { debug: false });
    this.imports = { ...this.#shim.wasiImport, ...this.#corrected() };
  }

  /** @param {WebAssembly.Instance} instance */
  attach(instance) {
    this.#shim.inst = /** @type {{exports: {memory: WebAssembly.Memory}}} */ (/** @type {unknown} */ (instance));
    this.begin();
  }

  /** Prepares a call. @param {Surroundings} [surroundings] */
  begin({ args = ["plugin"], env = [], stdin = new Uint8Array(), folder } = {}) {
    this.#stdout = [];
    this.#stderr = [];
    this.#tree.begin();
    this.#shim.args = args;
    this.#shim.env = env;
    this.#shim.fds.length = 0;
    this.#shim.fds.push(
      new Input(stdin),
      this.#output(this.#stdout),
      this.#output(this.#stderr),
      new FolderFd(this.#tree, "/toolfs", "/toolfs"),
    );
    if (folder) this.#shim.fds.push(new FolderFd(this.#tree, folder, "."));
  }

  /** Ends a call: writes files that were changed and not closed. */
  end() {
    this.#tree.flush();
  }

  stdout() {
    return joined(this.#stdout);
  }

  stderr() {
    return new TextDecoder().decode(joined(this.#stderr));
  }

  /** @param {Uint8Array[]} chunks */
  #output(chunks) {
    let length = 0;
    return new Output((data) => {
      length += data.length;
      if (length > this.#outputBytes)
        throw new PluginFault(`its output has ${length} bytes or more; at most ${this.#outputBytes} are taken`);
      const last = chunks.at(-1);
      // Single bytes are gathered: an array of its own takes a hundred.
      if (last && data.length < GATHERED_BYTES && last.length < GATHERED_BYTES) chunks[chunks.length - 1] = joined([last, data]);
      else if (data.length) chunks.push(data);
    });
  }

  /**
   * A function that reads or writes several vectors, of which the shim takes any number.
   * @param {string} name
   * @returns {Function}
   */
  #counted(name) {
    const { [name]: work } = this.#shim.wasiImport;
    return (/** @type {number} */ fd, /** @type {number} */ vectors, /** @type {number} */ count, /** @type {any[]} */ ...rest) =>
      count >>> 0 > MOST_VECTORS ? codes.ERRNO_INVAL : work(fd, vectors, count, ...rest);
  }

  /** @returns {Record<string, Function>} */
  #corrected() {
    const shim = this.#shim;
    const text = (/** @type {number} */ at, /** @type {number} */ length) =>
      new TextDecoder().decode(new Uint8Array(shim.inst.exports.memory.buffer).slice(at, at + length));
    return {
      /**
       * The shim counts characters where bytes are meant.
       * @param {number} count
       * @param {number} size
       */
      args_sizes_get: (count, size) => {
        const view = new DataView(shim.inst.exports.memory.buffer);
        view.setUint32(count, shim.args.length, true);
        view.setUint32(
          size,
          shim.args.reduce((sum, arg) => sum + new TextEncoder().encode(arg).length + 1, 0),
          true,
        );
        return 0;
      },
      /** The shim moves what it has in memory. */
      path_rename: (
        /** @type {number} */ fd,
        /** @type {number} */ at,
        /** @type {number} */ length,
        /** @type {number} */ newFd,
        /** @type {number} */ newAt,
        /** @type {number} */ newLength,
      ) => {
        const [from, to] = [shim.fds[fd], shim.fds[newFd]];
        if (!(from instanceof FolderFd) || !(to instanceof FolderFd)) return codes.ERRNO_BADF;
        return this.#tree.rename(from.resolve(text(at, length)), to.resolve(text(newAt, newLength)));
      },
      path_open: (/** @type {any[]} */ ...args) => {
        while (shim.fds.length && shim.fds.at(-1) === undefined) shim.fds.pop(); // closed ones
        return shim.fds.length < MOST_OPEN ? shim.wasiImport.path_open(...args) : codes.ERRNO_MFILE;
      },
      ...Object.fromEntries(VECTORED.map((name) => [name, this.#counted(name)])),
      sched_yield: () => 0,
      proc_raise: () => codes.ERRNO_NOSYS,
      sock_recv: () => codes.ERRNO_NOTSUP,
      sock_send: () => codes.ERRNO_NOTSUP,
      sock_shutdown: () => codes.ERRNO_NOTSUP,
      sock_accept: () => codes.ERRNO_NOTSUP,
    };
  }
}

class Input extends Fd {
  #bytes;
  #position = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    super();
    this.#bytes = bytes;
  }

  fd_fdstat_get() {
    return { ret: 0, fdstat: new codes.Fdstat(codes.FILETYPE_CHARACTER_DEVICE, 0) };
  }

  fd_filestat_get() {
    return { ret: 0, filestat: new codes.Filestat(0n, codes.FILETYPE_CHARACTER_DEVICE, 0n) };
  }

  /** @param {number} size */
  fd_read(size) {
    const data = this.#bytes.slice(this.#position, this.#position + size);
    this.#position += data.length;
    return { ret: 0, data };
  }
}

class Output extends Fd {
  #write;

  /** @param {(data: Uint8Array) => void} write */
  constructor(write) {
    super();
    this.#write = write;
  }

  fd_fdstat_get() {
    const fdstat = new codes.Fdstat(codes.FILETYPE_CHARACTER_DEVICE, 0);
    fdstat.fs_rights_base = BigInt(codes.RIGHTS_FD_WRITE);
    return { ret: 0, fdstat };
  }

  fd_fdstat_set_flags() {
    return 0;
  }

  fd_filestat_get() {
    return { ret: 0, filestat: new codes.Filestat(0n, codes.FILETYPE_CHARACTER_DEVICE, 0n) };
  }

  /** @param {Uint8Array} data a copy */
  fd_write(data) {
    this.#write(data);
    return { ret: 0, nwritten: data.length };
  }
}

/** @param {Uint8Array[]} chunks */
function joined(chunks) {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
