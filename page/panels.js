/**
 * The page's panels, in the order in which the menu lists them. A panel is one folder with a panel.js that exports a Panel, and one line here.
 */

import { chats } from "./chats/panel.js";
import { documents } from "./documents/panel.js";
import { files } from "./files/panel.js";
import { preview } from "./preview/panel.js";
import { prompts } from "./prompts/panel.js";
import { settings } from "./settings/panel.js";
import { shortcuts } from "./shortcuts/panel.js";
import { timeline } from "./timeline/panel.js";

/** @type {readonly import("./types.js").Panel[]} */
export const PANELS = [chats, documents, files, settings, prompts, preview, timeline, shortcuts];
