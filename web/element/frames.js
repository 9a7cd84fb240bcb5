/**
 * Draws at most once a frame, however often it is requested, and spends at most half of the time drawing: after a slow drawing, the browser's
 * layout included, it lets as much time pass before the next one. A hidden page draws nothing until it is shown or `flush`ed.
 */

const FRAME_MS = 16;

export class Frames {
  #draw;
  #isRequested = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #frame = 0;
  #pauseMs = 0;

  /** @param {() => void} draw */
  constructor(draw) {
    this.#draw = draw;
  }

  request() {
    if (this.#isRequested) return;
    this.#isRequested = true;
    if (this.#pauseMs > FRAME_MS / 2) this.#timer = setTimeout(() => this.#wait(), this.#pauseMs);
    else this.#wait();
  }

  /** Draws now, requested or not. */
  flush() {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#isRequested = false;
    const started = performance.now();
    this.#draw();
    this.#pauseMs = performance.now() - started;
    setTimeout(() => (this.#pauseMs = performance.now() - started)); // after the browser's own part
  }

  #wait() {
    this.#frame = requestAnimationFrame(() => this.flush());
  }
}
