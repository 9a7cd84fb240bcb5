/** The settings: the model that answers, its tools, how its runs go. */

import { MARKUP } from "./markup.js";

/** @type {import("../types.js").Panel} */
export const settings = {
  name: "settings",
  title: "Settings",
  side: "end",
  first: "provider",
  html: MARKUP,
  load: () => import("./watch.js"),
};
