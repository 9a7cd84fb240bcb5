/**
 * ToolFS as WASI's directories and files. A file is read when it is opened, and written when it is closed, synced or the call ends. Who
 * may do what is decided by the host at every step; paths go there as they are, and `..` never leads out of the directory.
 *
 * @import { Budget } from "./budget.js"
 * @import { Answer, Question } from "./line.js"
 */

import { Fd } from "../vendor/wasi/fd.js";
import * as codes from "../vendor/wasi/wasi_defs.js";

/** Bytes that an open file takes beside its data. */
const FILE_BYTES = 256;
const ERRORS = /** @type {Record<string, number>} */ ({
  refused: codes.ERRNO_ACCES,
  not_found: codes.ERRNO_NOENT,
  is_directory: codes.ERRNO_ISDIR,
  not_a_directory: codes.ERRNO_NOTDIR,
  not_empty: codes.ERRNO_NOTEMPTY,
  exists: codes.ERRNO_EXIST,
  read_only: codes.ERRNO_ROFS,
  bad_path: codes.ERRNO_INVAL,
  limit: codes.ERRNO_DQUOT,
});

/** @typedef {{path: string, data: Uint8Array, size: number, dirty: boolean, users: number}} Content one open file; users: descriptors of it */

export class Tree {
  #ask;
  #budget;
  /** Open files by path; a file that is deleted or renamed while it is open has no path. @type {Map<string, Content>} */
  #open = new Map();
  /** Open files whose bytes are counted. @type {Set<Content>} */
  #held = new Set();

  /**
   * @param {(question: Question) => Answer} ask
   * @param {Budget} budget
   */
  constructor(ask, budget) {
    this.#ask = ask;
    this.#budget = budget;
  }

  begin() {
    for (const content of this.#held) this.#drop(content);
  }

  /**
   * @param {Question} question
   * @returns {{errno: number, value?: any, bytes: Uint8Array}}
   */
  ask(question) {
    const answer = this.#ask(question);
    return answer.ok
      ? { errno: 0, value: answer.value, bytes: answer.bytes }
      : { errno: ERRORS[answer.code] ?? codes.ERRNO_IO, bytes: answer.bytes };
  }

  /**
   * @param {string | undefined} path
   * @returns {{errno: number, value?: {kind: string, size_bytes: number | null}}}
   */
  stat(path) {
    if (path === undefined) return { errno: codes.ERRNO_NOTCAPABLE };
    const open = this.#open.get(path);
    return open ? { errno: 0, value: { kind: "file", size_bytes: open.size } } : this.ask(["stat", { path }]);
  }

  /**
   * @param {string} path
   * @param {boolean} truncate
   * @param {boolean} create
   * @returns {{errno: number, content?: Content}}
   */
  open(path, truncate, create) {
    let content = this.#open.get(path);
    if (!content) {
      const found = truncate ? { errno: 0, bytes: new Uint8Array() } : this.ask(["read", { path }]);
      const missing = found.errno === codes.ERRNO_NOENT && create;
      if (found.errno && !missing) return { errno: found.errno };
      if (!this.#budget.reserve(FILE_BYTES + found.bytes.length)) return { errno: codes.ERRNO_NOSPC };
      content = { path, data: found.bytes, size: found.bytes.length, dirty: false, users: 0 };
      this.#open.set(path, content);
      this.#held.add(content);
      if (!truncate && !missing) return { errno: 0, content };
    }
    if (truncate || create) {
      if (truncate) content.size = 0;
      content.dirty = true;
      const errno = this.write(content); // what may not be written is refused now, and not at the end
      if (errno && !content.users) this.#drop(content);
      return { errno, content };
    }
    return { errno: 0, content };
  }

  /**
   * Makes a file's data long enough, twice as long where there is room.
   * @param {Content} content
   * @param {number} size
   * @returns {number} errno
   */
  grow(content, size) {
    const { data } = content;
    if (size <= data.length) return 0;
    if (!(size <= Number.MAX_SAFE_INTEGER)) return codes.ERRNO_NOSPC;
    const grown = [Math.max(size, 2 * data.length), size].find((length) => this.#budget.reserve(length - data.length));
    if (!grown) return codes.ERRNO_NOSPC;
    content.data = new Uint8Array(grown);
    content.data.set(data);
    return 0;
  }

  /** Closes one descriptor of a file, and drops the file with the last one. @param {Content} content */
  close(content) {
    const errno = this.write(content);
    if (--content.users === 0) this.#drop(content);
    return errno;
  }

  /** @param {Content} content */
  #drop(content) {
    if (this.#held.delete(content)) this.#budget.release(FILE_BYTES + content.data.length);
    if (this.#open.get(content.path) === content) this.#open.delete(content.path);
  }

  /** @param {Content} content */
  write(content) {
    if (!content.dirty) return 0;
    const { errno } = this.ask(["write", { path: content.path }, content.data.slice(0, content.size)]);
    if (!errno) content.dirty = false;
    return errno;
  }

  flush() {
    for (const content of this.#open.values()) this.write(content);
  }

  /**
   * @param {string | undefined} path
   * @param {string | undefined} to
   */
  rename(path, to) {
    if (path === undefined || to === undefined) return codes.ERRNO_NOTCAPABLE;
    const open = this.#open.get(path);
    if (open) this.write(open);
    this.#open.delete(path);
    return this.ask(["rename", { path, to }]).errno;
  }

  /**
   * @param {string | undefined} path
   * @param {"delete" | "mkdir"} method
   */
  change(method, path) {
    if (path === undefined) return codes.ERRNO_NOTCAPABLE;
    this.#open.delete(path);
    return this.ask([method, { path }]).errno;
  }
}

export class FolderFd extends Fd {
  #tree;
  #path;
  #name;
  /** @type {{name: string, kind: string}[] | undefined} */
  #entries;

  /**
   * @param {Tree} tree
   * @param {string} path in ToolFS
   * @param {string} [name] as a preopened directory
   */
  constructor(tree, path, name) {
    super();
    this.#tree = tree;
    this.#path = path.replace(/\/+$/, "");
    this.#name = name;
  }

  /** Returns a path in ToolFS; undefined for a path that leads out of this directory. @param {string} relative */
  resolve(relative) {
    /** @type {string[]} */
    const names = [];
    for (const name of relative.split("/")) {
      if (name === "..") {
        if (names.pop() === undefined) return undefined;
      } else if (name && name !== ".") {
        names.push(name);
      }
    }
    return relative.startsWith("/") ? undefined : [this.#path, ...names].join("/");
  }

  fd_prestat_get() {
    return this.#name === undefined ? { ret: codes.ERRNO_BADF, prestat: null } : { ret: 0, prestat: codes.Prestat.dir(this.#name) };
  }

  fd_fdstat_get() {
    const fdstat = new codes.Fdstat(codes.FILETYPE_DIRECTORY, 0);
    fdstat.fs_rights_base = fdstat.fs_rights_inherited = 0xffffffffn;
    return { ret: 0, fdstat };
  }

  fd_filestat_get() {
    return { ret: 0, filestat: new codes.Filestat(0n, codes.FILETYPE_DIRECTORY, 0n) };
  }

  /**
   * @param {bigint} cookie
   * @returns {{ret: number, dirent: any}}
   */
  fd_readdir_single(cookie) {
    if (!this.#entries || cookie === 0n) {
      const { errno, value } = this.#tree.ask(["list", { path: this.#path }]);
      if (errno) return { ret: errno, dirent: null };
      const names = [".", ".."].map((name) => ({ name, kind: "directory" }));
      this.#entries = [...names, .../** @type {{name: string, kind: string}[]} */ (value)];
    }
    const entry = this.#entries[Number(cookie)];
    return { ret: 0, dirent: entry ? new codes.Dirent(cookie + 1n, cookie + 1n, entry.name, filetype(entry.kind)) : null };
  }

  /**
   * @param {number} _flags
   * @param {string} relative
   */
  path_filestat_get(_flags, relative) {
    const { errno, value } = this.#tree.stat(this.resolve(relative));
    return { ret: errno, filestat: value ? new codes.Filestat(0n, filetype(value.kind), BigInt(value.size_bytes ?? 0)) : null };
  }

  /**
   * @param {number} _dirflags
   * @param {string} relative
   * @param {number} oflags
   * @param {bigint} rights
   * @param {bigint} _inherited
   * @param {number} flags
   * @returns {{ret: number, fd_obj: any}}
   */
  path_open(_dirflags, relative, oflags, rights, _inherited, flags) {
    const path = this.resolve(relative);
    if (path === undefined) return { ret: codes.ERRNO_NOTCAPABLE, fd_obj: null };
    const has = (/** @type {number} */ flag) => (oflags & flag) !== 0;
    const { errno, value } = this.#tree.stat(path);
    const create = has(codes.OFLAGS_CREAT) && errno === codes.ERRNO_NOENT;
    // A file that may be written and not read refuses a stat.
    const blind = errno === codes.ERRNO_ACCES && has(codes.OFLAGS_CREAT) && has(codes.OFLAGS_TRUNC);
    if (errno && !create && !blind) return { ret: errno, fd_obj: null };
    if (!errno && has(codes.OFLAGS_EXCL)) return { ret: codes.ERRNO_EXIST, fd_obj: null };
    if (value?.kind === "directory") return { ret: 0, fd_obj: new FolderFd(this.#tree, path) };
    if (has(codes.OFLAGS_DIRECTORY)) return { ret: codes.ERRNO_NOTDIR, fd_obj: null };
    const opened = this.#tree.open(path, has(codes.OFLAGS_TRUNC), create);
    if (opened.errno || !opened.content) return { ret: opened.errno, fd_obj: null };
    const writable = (rights & BigInt(codes.RIGHTS_FD_WRITE)) !== 0n;
    return { ret: 0, fd_obj: new FileFd(this.#tree, opened.content, writable, (flags & codes.FDFLAGS_APPEND) !== 0) };
  }

  /** @param {string} relative */
  path_create_directory(relative) {
    return this.#tree.change("mkdir", this.resolve(relative));
  }

  /** @param {string} relative */
  path_unlink_file(relative) {
    return this.#tree.change("delete", this.resolve(relative));
  }

  /** @param {string} relative */
  path_remove_directory(relative) {
    return this.#tree.change("delete", this.resolve(relative));
  }
}

class FileFd extends Fd {
  #tree;
  #content;
  #writable;
  #append;
  #position = 0;

  /**
   * @param {Tree} tree
   * @param {Content} content
   * @param {boolean} writable
   * @param {boolean} append
   */
  constructor(tree, content, writable, append) {
    super();
    this.#tree = tree;
    this.#content = content;
    this.#writable = writable;
    this.#append = append;
    content.users++;
  }

  fd_fdstat_get() {
    const fdstat = new codes.Fdstat(codes.FILETYPE_REGULAR_FILE, this.#append ? codes.FDFLAGS_APPEND : 0);
    fdstat.fs_rights_base = 0xffffffffn;
    return { ret: 0, fdstat };
  }

  fd_fdstat_set_flags() {
    return 0;
  }

  fd_filestat_get() {
    return { ret: 0, filestat: new codes.Filestat(0n, codes.FILETYPE_REGULAR_FILE, BigInt(this.#content.size)) };
  }

  /** @param {bigint} size */
  fd_filestat_set_size(size) {
    if (!this.#writable) return codes.ERRNO_BADF;
    const errno = this.#tree.grow(this.#content, Number(size));
    if (errno) return errno;
    this.#content.data.fill(0, Math.min(this.#content.size, Number(size)), Math.max(this.#content.size, Number(size)));
    this.#content.size = Number(size);
    this.#content.dirty = true;
    return 0;
  }

  /**
   * @param {bigint} offset
   * @param {bigint} length
   */
  fd_allocate(offset, length) {
    return offset + length > this.#content.size ? this.fd_filestat_set_size(offset + length) : 0;
  }

  /** @param {number} size */
  fd_read(size) {
    const { ret, data } = this.fd_pread(size, BigInt(this.#position));
    this.#position += data.length;
    return { ret, data };
  }

  /**
   * @param {number} size
   * @param {bigint} offset
   */
  fd_pread(size, offset) {
    const end = Math.min(Number(offset) + size, this.#content.size);
    return { ret: 0, data: this.#content.data.slice(Number(offset), Math.max(end, Number(offset))) };
  }

  /**
   * @param {bigint} offset
   * @param {number} whence
   */
  fd_seek(offset, whence) {
    const from = { [codes.WHENCE_SET]: 0, [codes.WHENCE_CUR]: this.#position, [codes.WHENCE_END]: this.#content.size }[whence];
    if (from === undefined || from + Number(offset) < 0) return { ret: codes.ERRNO_INVAL, offset: 0n };
    this.#position = from + Number(offset);
    return this.fd_tell();
  }

  fd_tell() {
    return { ret: 0, offset: BigInt(this.#position) };
  }

  /** @param {Uint8Array} data */
  fd_write(data) {
    if (this.#append) this.#position = this.#content.size;
    const written = this.fd_pwrite(data, BigInt(this.#position));
    this.#position += written.nwritten;
    return written;
  }

  /**
   * @param {Uint8Array} data
   * @param {bigint} offset
   */
  fd_pwrite(data, offset) {
    if (!this.#writable) return { ret: codes.ERRNO_BADF, nwritten: 0 };
    const end = Number(offset) + data.length;
    const ret = this.#tree.grow(this.#content, end);
    if (ret) return { ret, nwritten: 0 };
    this.#content.data.set(data, Number(offset));
    this.#content.size = Math.max(this.#content.size, end);
    this.#content.dirty = true;
    return { ret: 0, nwritten: data.length };
  }

  fd_sync() {
    return this.#tree.write(this.#content);
  }

  fd_close() {
    return this.#tree.close(this.#content);
  }
}

/** @param {string} kind */
function filetype(kind) {
  return kind === "directory" ? codes.FILETYPE_DIRECTORY : codes.FILETYPE_REGULAR_FILE;
}
