/** The page's ToolFS, opened when a panel or the agent first uses it: a visitor who uses no files stores none. */

/** @import { StaysailChat } from "../../web/element/staysail-chat.js" */
/** @import { Session } from "../../web/toolfs.js" */

import { boot } from "../../web/runtime/boot.js";
import { ToolFS } from "../../web/toolfs.js";

/** The folder of the visitor's files. */
export const HOME = "/toolfs/files";

/** @typedef {{toolfs: ToolFS, me: Session, agent: Session, python: Session}} Opened */

/** @type {Promise<Opened> | undefined} */
let opening;

/**
 * Opens the ToolFS, once.
 * @param {StaysailChat} chat
 * @returns {Promise<Opened>}
 */
export function open(chat) {
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
    const python = toolfs.session({ name: "python", paths: { [HOME]: "read list write delete" } });
    return { toolfs, me, agent, python };
  })();
  opening.catch(() => (opening = undefined));
  return opening;
}
