/** The files panel: browses and edits the page's ToolFS, with snapshots, the audit and plugins, and a switch that lets the agent work there. */

/** @import { Page } from "../types.js" */
/** @import { Part } from "../types.js" */

import { find } from "../find.js";
import { whenOpen } from "../panel-frame.js";
import { listAudit } from "./audit.js";
import { browse } from "./browser.js";
import { HOME, open } from "./opened.js";
import { watchPlugins } from "./plugins.js";
import { watchSnapshots } from "./snapshots.js";
import { attempt, tell } from "./status.js";

/**
 * Joins the files to the chat. The agent gets their tools while the switch is on.
 * @param {Page} page
 * @returns {Part}
 */
export function watch({ chat, changed: onChange }) {
  const toggle = find("files-on", HTMLInputElement);
  toggle.addEventListener("change", onChange);
  let shown = false;
  whenOpen("files", async () => {
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
    // A change of the agent or of another tab is seen at once; each reading writes into the audit, so a change of the audit alone is no news.
    for await (const areas of opened.toolfs.changes()) {
      if (areas.includes("tree")) await browser.refresh();
      if (areas.includes("snapshot")) await snapshots.refresh();
      audit.stale();
    }
  });
  return {
    async tools() {
      if (!toggle.checked) return [];
      const { toolfs, agent } = await open(chat);
      return toolfs.tools(agent);
    },
    about: () => (toggle.checked ? "files" : ""),
  };
}
