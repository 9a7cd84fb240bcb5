/**
 * API keys, kept encrypted in this browser under a passphrase or a passkey.
 *
 * How it works. A passphrase goes through PBKDF2, a passkey's PRF output through HKDF; either gives an AES-GCM key whose bytes the browser
 * shows to nobody. IndexedDB holds the ciphertext with its salt and iv, both random for each saved key. `lock` forgets the AES-GCM key; an
 * API key is deciphered each time it is loaded, and is not held here.
 *
 * @import { IDBPDatabase } from "../vendor/idb/index.js"
 */

import { ConfigError, StoreError } from "../errors.js";
import { openDB } from "../vendor/idb/index.js";

/** Iterations that OWASP advises for PBKDF2 with SHA-256. */
const ITERATIONS = 600_000;
const TABLE = "keys";

/**
 * @typedef {{passphrase: string}} ByPassphrase
 * @typedef {{passkey: true, user?: string}} ByPasskey user: the name that the browser shows for a new passkey
 * @typedef {object} KeptKey as `list` tells it
 * @property {string} provider
 * @property {"passphrase" | "passkey"} by
 * @property {Date} savedAt
 * @property {boolean} locked whether `load` needs the passphrase or the passkey first
 * @typedef {{provider: string, by: "passphrase" | "passkey", salt: Uint8Array<ArrayBuffer>, iv: Uint8Array<ArrayBuffer>, iterations: number,
 *   credential: Uint8Array<ArrayBuffer> | null, sealed: ArrayBuffer, savedAt: number}} Record
 */

export class KeyStore {
  #name;
  /** @type {Promise<IDBPDatabase> | undefined} */
  #database;
  /** @type {Map<string, CryptoKey>} by provider */
  #unlocked = new Map();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #lockAfterMs;

  /**
   * @param {{name?: string, lockAfterMs?: number}} [options] name: of the database. lockAfterMs: milliseconds since the last use; 15
   *   minutes by default
   */
  constructor({ name = "staysail-keys", lockAfterMs = 15 * 60_000 } = {}) {
    if (!globalThis.indexedDB || !globalThis.crypto?.subtle) {
      throw new ConfigError("KeyStore needs IndexedDB and WebCrypto: a page served over https, or from localhost");
    }
    this.#name = name;
    this.#lockAfterMs = lockAfterMs;
  }

  /**
   * Saves a key, in place of the provider's saved key. It can be loaded until `lock`.
   * @param {string} provider any name
   * @param {string} key
   * @param {ByPassphrase | ByPasskey} by
   */
  async save(provider, key, by) {
    if (typeof provider !== "string" || !provider) throw new ConfigError("save(provider, key, {passphrase}): the provider is a name");
    if (typeof key !== "string" || !key.trim()) throw new ConfigError("API key cannot be empty");
    const salt = crypto.getRandomValues(new Uint8Array(32));
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const credential = "passkey" in by ? await createPasskey(by.user ?? provider) : null;
    /** @type {Omit<Record, "sealed">} */
    const record = {
      provider,
      by: credential ? "passkey" : "passphrase",
      salt,
      iv,
      iterations: credential ? 0 : ITERATIONS,
      credential,
      savedAt: Date.now(),
    };
    const sealing = await deriveKey(record, by);
    const sealed = await crypto.subtle.encrypt(cipher(record), sealing, new TextEncoder().encode(key));
    await this.#with("readwrite", (table) => table.put({ ...record, sealed }));
    this.#keep(provider, sealing);
  }

  /**
   * Returns a key. by: needed where the key is locked. Give it to an agent as `apiKey: () => keys.load("openai")`.
   * @param {string} provider
   * @param {ByPassphrase | ByPasskey} [by]
   * @returns {Promise<string>}
   */
  async load(provider, by) {
    const record = /** @type {Record | undefined} */ (await this.#with("readonly", (table) => table.get(provider)));
    if (!record) throw new StoreError(`no key is kept for ${provider}: save one first`, { code: "no_key" });
    const known = by ? undefined : this.#unlocked.get(provider);
    if (!known && !by) {
      const how = record.by === "passkey" ? "{passkey: true}" : "{passphrase}";
      throw new StoreError(`the key for ${provider} is locked: load("${provider}", ${how}) unlocks it`, { code: "locked" });
    }
    const sealing = known ?? (await deriveKey(record, /** @type {ByPassphrase | ByPasskey} */ (by)));
    try {
      const key = await crypto.subtle.decrypt(cipher(record), sealing, record.sealed);
      this.#keep(provider, sealing);
      return new TextDecoder().decode(key);
    } catch {
      this.#unlocked.delete(provider);
      if (known) throw new StoreError(`the key for ${provider} was saved anew elsewhere: unlock it again`, { code: "locked" });
      const what = record.by === "passkey" ? "this passkey is not the one" : "the passphrase is not the one";
      throw new StoreError(`${what} that the key for ${provider} was saved with`, { code: "wrong_passphrase" });
    }
  }

  /** Lists the saved keys, without the keys themselves. @returns {Promise<KeptKey[]>} */
  async list() {
    const records = /** @type {Record[]} */ ((await this.#with("readonly", (table) => table.getAll())) ?? []);
    return records.map(({ provider, by, savedAt }) => ({
      provider,
      by,
      savedAt: new Date(savedAt),
      locked: !this.#unlocked.has(provider),
    }));
  }

  /** @param {string} provider */
  async delete(provider) {
    this.#unlocked.delete(provider);
    await this.#with("readwrite", (table) => table.delete(provider));
  }

  /** Locks every key: each then needs its passphrase or passkey again. */
  lock() {
    clearTimeout(this.#timer);
    this.#unlocked.clear();
  }

  /**
   * @param {string} provider
   * @param {CryptoKey} sealing
   */
  #keep(provider, sealing) {
    this.#unlocked.set(provider, sealing);
    clearTimeout(this.#timer);
    if (Number.isFinite(this.#lockAfterMs)) this.#timer = setTimeout(() => this.lock(), this.#lockAfterMs);
  }

  /**
   * Makes one request of the table, in a transaction of its own.
   * @param {"readonly" | "readwrite"} mode
   * @param {(table: any) => Promise<unknown>} work
   * @returns {Promise<any>}
   */
  async #with(mode, work) {
    if (mode === "readonly" && !this.#database && !(await this.#isThere())) return undefined; // reading creates no database
    this.#database ??= this.#open();
    this.#database.catch(() => (this.#database = undefined));
    try {
      const transaction = (await this.#database).transaction(TABLE, mode, { durability: "strict" });
      const [value] = await Promise.all([work(transaction.store), transaction.done]);
      return value;
    } catch (cause) {
      const { message } = /** @type {Error} */ (cause);
      throw new StoreError(`keys could not be read or kept: ${message || "the browser ended the transaction"}`, { cause });
    }
  }

  async #isThere() {
    return !indexedDB.databases || (await indexedDB.databases()).some(({ name }) => name === this.#name);
  }

  /** @returns {Promise<IDBPDatabase>} */
  #open() {
    const forget = () => (this.#database = undefined);
    return openDB(this.#name, 1, {
      upgrade: (database) => void database.createObjectStore(TABLE, { keyPath: "provider" }),
      blocking: (_from, _to, event) => {
        forget();
        /** @type {IDBDatabase} */ (event.target).close();
      },
      terminated: forget,
    });
  }
}

/**
 * The cipher's parameters. They bind the provider's name, so that a record whose name was changed cannot be opened.
 * @param {{provider: string, iv: Uint8Array<ArrayBuffer>}} record
 */
function cipher({ provider, iv }) {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(`staysail-key:${provider}`) };
}

/**
 * @param {Omit<Record, "sealed">} record
 * @param {ByPassphrase | ByPasskey} by
 * @returns {Promise<CryptoKey>}
 */
async function deriveKey({ provider, by: how, salt, iterations, credential }, by) {
  const aes = { name: "AES-GCM", length: 256 };
  if (how === "passkey") {
    if (!("passkey" in by)) throw new ConfigError(`the key for ${provider} is kept under a passkey: load it with {passkey: true}`);
    const secret = await crypto.subtle.importKey(
      "raw",
      await askPasskey(/** @type {Uint8Array<ArrayBuffer>} */ (credential), salt),
      "HKDF",
      false,
      ["deriveKey"],
    );
    const info = new TextEncoder().encode("staysail-key");
    return crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-256", salt, info }, secret, aes, false, ["encrypt", "decrypt"]);
  }
  const passphrase = "passphrase" in by ? by.passphrase : undefined;
  if (typeof passphrase !== "string" || !passphrase) throw new ConfigError("a passphrase is needed: {passphrase: …}");
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(passphrase.normalize("NFKC")), "PBKDF2", false, [
    "deriveKey",
  ]);
  return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, secret, aes, false, ["encrypt", "decrypt"]);
}

/**
 * Creates a passkey that can derive secrets (WebAuthn's PRF extension).
 * @param {string} user
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the passkey's id
 */
async function createPasskey(user) {
  const made = await ask(() =>
    navigator.credentials.create({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        rp: { name: "staysail" },
        user: { id: crypto.getRandomValues(new Uint8Array(16)), name: user, displayName: user },
        pubKeyCredParams: [
          { type: "public-key", alg: -7 },
          { type: "public-key", alg: -257 },
        ],
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        extensions: { prf: {} },
      },
    }),
  );
  if (!made.getClientExtensionResults().prf?.enabled) {
    throw new StoreError("this passkey cannot keep keys, as it lacks the PRF extension: use a passphrase", { code: "no_prf" });
  }
  return new Uint8Array(made.rawId);
}

/**
 * Returns the secret that a passkey derives from a salt.
 * @param {Uint8Array<ArrayBuffer>} id
 * @param {Uint8Array<ArrayBuffer>} salt
 * @returns {Promise<BufferSource>}
 */
async function askPasskey(id, salt) {
  const given = await ask(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        allowCredentials: [{ type: "public-key", id }],
        userVerification: "required",
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const secret = given.getClientExtensionResults().prf?.results?.first;
  if (!secret) throw new StoreError("the passkey gave no secret: its authenticator lacks the PRF extension", { code: "no_prf" });
  return secret;
}

/**
 * @param {() => Promise<Credential | null>} work
 * @returns {Promise<PublicKeyCredential>}
 */
async function ask(work) {
  if (!globalThis.PublicKeyCredential) throw new ConfigError("this browser has no passkeys here: use a passphrase");
  try {
    const credential = await work();
    if (credential instanceof PublicKeyCredential) return credential;
  } catch (error) {
    const { name, message } = /** @type {Error} */ (error);
    throw new StoreError(`the passkey was not given: ${name === "NotAllowedError" ? "it was refused, or nobody answered" : message}`, {
      code: "passkey",
      cause: error,
    });
  }
  throw new StoreError("the passkey was not given", { code: "passkey" });
}
