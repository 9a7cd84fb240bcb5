/** Starts Python for the chat: once, with its progress shown, and again after a failure. */

/** @import { Startup } from "./startup.js" */

/** @type {Record<string, string>} */
const STAGES = {
  runtime: "Getting Python for this page",
  starting: "Starting Python",
  staysail: "Loading the agent",
};

export class PythonStart {
  #view;
  ready = false;
  /** @type {string | undefined} */
  runtimeURL;
  #tell;
  /** @type {Promise<void> | undefined} */
  #started;

  /**
   * @param {Startup} view
   * @param {(type: string, detail: object) => void} tell dispatches an event of the element
   */
  constructor(view, tell) {
    this.#view = view;
    this.#tell = tell;
  }

  /** Starts Python. Returns once it is up. @returns {Promise<void>} */
  start() {
    this.#started ??= this.#boot().catch((error) => {
      this.#started = undefined;
      this.#view.fail(error, () => this.start().catch(() => {})); // the failure is shown, here and in the message that waits
      throw error;
    });
    return this.#started;
  }

  async #boot() {
    const { boot } = await import("../runtime/boot.js");
    this.#view.show("Starting Python");
    await boot({
      runtimeURL: this.runtimeURL,
      onProgress: (progress) => {
        this.#view.show(STAGES[progress.stage] ?? "Starting Python", progress.loadedBytes, progress.totalBytes);
        this.#tell("staysail-progress", progress);
      },
    });
    this.ready = true;
    this.#view.hide();
    this.#tell("staysail-ready", {});
  }
}
