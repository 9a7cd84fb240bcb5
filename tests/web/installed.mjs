// The package as `npm pack` makes it, installed into an empty project: without a network, a cache or a lock.

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const web = fileURLToPath(new URL("../../web/", import.meta.url));
export const runtime = new URL("../../wheels/", import.meta.url).href;

const run = promisify(execFile);

/**
 * @typedef {{path: string, size: number}} PackedFile
 * @typedef {{folder: string, tarball: string, files: PackedFile[], packedBytes: number, unpackedBytes: number, remove: () => Promise<void>}} Project
 */

/** @returns {Promise<Project>} */
export async function installPackage() {
  const folder = await mkdtemp(join(tmpdir(), "staysail-project-"));
  const { stdout } = await run("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", folder], { cwd: web });
  const answer = JSON.parse(stdout);
  const [{ filename, files, size, unpackedSize }] = Array.isArray(answer) ? answer : Object.values(answer);
  const tarball = join(folder, filename);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "an-empty-project", private: true, type: "module" }));
  await run("npm", ["install", "--offline", "--cache", join(folder, ".cache"), "--loglevel=error", tarball], { cwd: folder });
  return {
    folder,
    tarball,
    files,
    packedBytes: size,
    unpackedBytes: unpackedSize,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

/**
 * Make packages of the project's own node_modules there too.
 * @param {string} folder
 * @param {string[]} names
 */
export async function lend(folder, names) {
  for (const name of names) {
    const target = join(folder, "node_modules", name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(join(web, "node_modules", name), target, "dir");
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {import("node:child_process").ExecFileOptions} options
 * @returns {Promise<string>} what it wrote; an error holds what it wrote too
 */
export async function output(command, args, options) {
  try {
    return String((await run(command, args, { timeout: 240_000, maxBuffer: 1 << 24, ...options })).stdout);
  } catch (error) {
    const { stdout, stderr } = /** @type {any} */ (error);
    throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}${stderr}`, { cause: error });
  }
}
