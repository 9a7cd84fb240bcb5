/** Plugins: installed from a file, after the visitor has seen and allowed their permissions. They last as long as the page. */

/** @import { Opened } from "./opened.js" */

import { h } from "../../web/element/dom.js";
import { find } from "../find.js";
import { attempt, tell } from "./status.js";

const KINDS = /** @type {Record<string, "python" | "wasm" | "javascript">} */ ({
  py: "python",
  wasm: "wasm",
  js: "javascript",
  mjs: "javascript",
});
const NOTES = /** @type {Record<string, string>} */ ({
  python: "A Python plugin runs beside the agent: nothing keeps its code from doing more than this. Install only what you trust.",
  wasm: "It runs in a worker of its own and reaches nothing but this.",
  javascript: "It runs in a worker of its own, which is no sandbox for JavaScript: install only what you trust.",
});

/**
 * @param {Opened} opened
 * @param {() => void} onChange
 */
export function watchPlugins({ toolfs }, onChange) {
  const list = find("plugins-list", HTMLUListElement);
  const field = find("plugins-file", HTMLInputElement);
  const consent = find("consent", HTMLDialogElement);

  const refresh = async () => {
    const installed = await toolfs.plugins.list();
    list.replaceChildren(
      ...installed.map(({ name, version, kind, grant }) =>
        h(
          "li",
          {},
          h("span", { class: "snapshot-name" }, `${name} ${version}`),
          h("span", { class: "language" }, kind),
          h("span", { class: "note" }, describe(grant.paths, grant.hosts)),
          h(
            "span",
            { class: "row-buttons" },
            h("button", { type: "button", "aria-label": `Remove ${name}`, click: () => attempt(() => remove(name)) }, "Remove"),
          ),
        ),
      ),
    );
    if (!installed.length) list.append(h("li", { class: "note" }, "None."));
  };
  const remove = async (/** @type {string} */ name) => {
    await toolfs.plugins.remove(name);
    tell(`Removed ${name}`);
    await refresh();
    onChange();
  };

  field.addEventListener("change", () =>
    attempt(async () => {
      const [file] = field.files ?? [];
      field.value = "";
      if (!file) return;
      const kind = KINDS[file.name.split(".").at(-1)?.toLowerCase() ?? ""];
      if (!kind) throw new Error(`${file.name} is no plugin: it is a .py, .wasm or .js file`);
      const data = new Uint8Array(await file.arrayBuffer());
      const grant = await ask(file.name, kind, data);
      if (!grant) return tell(`${file.name} was not installed`);
      tell(`Installing ${file.name} …`);
      const name = file.name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_-]+/g, "-");
      const given = kind === "python" ? { source: new TextDecoder().decode(data) } : { kind, data };
      const installed = await toolfs.plugins.install({ name, ...given, grant });
      tell(`Installed ${installed.name}`);
      await refresh();
      onChange();
    }),
  );

  /**
   * @param {string} name
   * @param {"python" | "wasm" | "javascript"} kind
   * @param {Uint8Array} data
   * @returns {Promise<{paths: Record<string, string[]>, hosts: Record<string, string>} | undefined>}
   */
  const ask = async (name, kind, data) => {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", /** @type {BufferSource} */ (data)));
    find("consent-what", HTMLElement).textContent = `${name}: ${kind}, ${data.length.toLocaleString("en")} bytes`;
    find("consent-hash", HTMLElement).textContent = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    find("consent-note", HTMLElement).textContent = NOTES[kind];
    consent.returnValue = "";
    consent.showModal();
    await new Promise((resolve) => consent.addEventListener("close", resolve, { once: true }));
    if (consent.returnValue !== "install") return undefined;
    const folder = find("consent-folder", HTMLInputElement).value.trim();
    const operations = [...consent.querySelectorAll("input[name=operation]")]
      .filter((box) => /** @type {HTMLInputElement} */ (box).checked)
      .map((box) => /** @type {HTMLInputElement} */ (box).value);
    const hosts = find("consent-hosts", HTMLInputElement)
      .value.split(/[\s,]+/)
      .filter(Boolean);
    return {
      paths: folder && operations.length ? { [folder]: operations } : {},
      hosts: Object.fromEntries(hosts.map((host) => [host, "GET"])),
    };
  };
  attempt(refresh);
}

/**
 * @param {Record<string, string | string[]>} paths
 * @param {Record<string, string | string[]>} hosts
 */
function describe(paths, hosts) {
  const parts = [...Object.entries(paths), ...Object.entries(hosts)].map(([where, what]) => `${[what].flat().join(", ")}: ${where}`);
  return parts.join("; ") || "may reach nothing";
}
