/** Values that the modules of this folder hand to one another. */

import type { Send } from "../bridge/rpc.js";

export type BootStage = "runtime" | "starting" | "staysail" | "ready";

/**
 * Progress of a start. Bytes are those of the stage; 0 where it downloads nothing. With stage "ready": restored says whether Python
 * started from a snapshot, runtimeURL from which folder.
 */
export type BootProgress = { stage: BootStage; loadedBytes: number; totalBytes: number; restored?: boolean; runtimeURL?: string };

/**
 * Absolute addresses of Python's files. fallbackURL: the runtime folder to start from where `runtimeURL` is not reached; assetsURL: folder
 * with the files of the npm package, where it was given.
 */
export type Addresses = {
  runtimeURL?: string;
  fallbackURL?: string;
  wheelURL: string;
  snapshotURL?: string;
  keptURL?: string;
  assetsURL?: string;
};

/** life: name of the lock that the worker holds as long as it lives. */
export type BootMessage = { type: "boot"; life: string } & Addresses;

export type WorkerMessage =
  | { type: "progress"; progress: BootProgress }
  | { type: "ready" }
  | { type: "failed"; message: string }
  | { type: "crash"; message: string };

/** A side that is joined to Python: a page or, where several tabs share one Python, a tab. leave: ends the calls that the side made. */
export type Side = { receive: Send; leave: () => void };

export type Join = (send: Send) => Side;
