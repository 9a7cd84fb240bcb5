/** The files of the page's ToolFS: to browse and edit, with snapshots, the audit and plugins, and a switch that lets the agent work there. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */

import { find } from "../settings.js";
import { watchPanel } from "../panel.js";
import { listAudit } from "./audit.js";
import { browse } from "./browser.js";
import { HOME, open } from "./opened.js";
import { watchPlugins } from "./plugins.js";
import { watchSnapshots } from "./snapshots.js";
import { attempt, tell } from "./status.js";

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
