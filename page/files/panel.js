/** The files of the page's ToolFS: to browse and edit, with snapshots, the audit and plugins, and a switch that lets the agent work there. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */

import { boot } from "../../web/runtime/boot.js";
import { ToolFS } from "../../web/toolfs.js";
import { find } from "../settings.js";
import { watchPanel } from "../panel.js";
import { listAudit } from "./audit.js";
import { browse } from "./browser.js";
import { watchPlugins } from "./plugins.js";
import { watchSnapshots } from "./snapshots.js";

const HOME = "/toolfs/files";

/** @typedef {{toolfs: ToolFS, me: import("../../web/toolfs.js").Session, agent: import("../../web/toolfs.js").Session}} Opened */

/** @type {Promise<Opened> | undefined} */
let opening;

/**
 * Opened when it is first wanted: a visitor who does not use files stores none.
 * @param {StaysailChat} chat
 * @returns {Promise<Opened>}
 */
function open(chat) {
  opening ??= (async () => {
    await boot({ runtimeURL: chat.runtimeURL });
    const toolfs = await ToolFS.open({ name: "page", mounts: { [HOME]: {} } });
    const me = toolfs.session({ name: "you", paths: { "/toolfs": "*" } });
    const agent = toolfs.session({
      name: "agent",
      paths: {
        [HOME]: "read list write delete",
        "/toolfs/memory": "read list write",
        "/toolfs/skills": "read list",
        "/toolfs/plugins": "read list execute",
      },
    });
    return { toolfs, me, agent };
  })();
  opening.catch(() => (opening = undefined));
  return opening;
}

/**
 * Says what was done, or what went wrong, to everybody.
 * @param {string} text
 * @param {boolean} [failed]
 */
export function tell(text, failed = false) {
  const status = find("files-status", HTMLOutputElement);
  status.value = text;
  status.classList.toggle("failed", failed);
}

/**
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>} nothing where it failed, which is told
 */
export async function attempt(work) {
  try {
    return await work();
  } catch (error) {
    tell(/** @type {Error} */ (error).message, true);
  }
}

/**
 * @param {StaysailChat} chat
 * @param {() => void} onChange the agent's tools are others now
 * @returns {() => Promise<import("../../web/types.js").PlainTool[]>} those of the files, none while the switch is off
 */
export function watchFiles(chat, onChange) {
  const toggle = find("files-on", HTMLInputElement);
  toggle.addEventListener("change", onChange);
  let shown = false;
  watchPanel("files", {
    first: "files-on",
    wide: false,
    side: "end",
    onOpen: async () => {
      if (shown) return;
      shown = true;
      tell("Opening the files …");
      const opened = await attempt(() => open(chat));
      if (!opened) return void (shown = false);
      tell("");
      const browser = browse(opened, HOME);
      const snapshots = watchSnapshots(opened, () => browser.refresh());
      const audit = listAudit(opened);
      watchPlugins(opened, () => {
        onChange();
        browser.refresh();
      });
      await browser.refresh();
      // What the agent or another tab changes is seen at once; whatever is read writes into the audit, so that alone is no news.
      for await (const areas of opened.toolfs.changes()) {
        if (areas.includes("tree")) await browser.refresh();
        if (areas.includes("snapshot")) await snapshots.refresh();
        audit.stale();
      }
    },
  });
  return async () => {
    if (!toggle.checked) return [];
    const { toolfs, agent } = await open(chat);
    return toolfs.tools(agent);
  };
}
