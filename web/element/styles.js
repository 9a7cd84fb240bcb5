/** The shadow tree's style sheets, made once and shared by every chat on the page. Constructed sheets need no `style-src`. */

import { CITATIONS } from "./styles/citations.js";
import { COMPOSER } from "./styles/composer.js";
import { LAYOUT } from "./styles/layout.js";
import { CODE } from "./styles/code.js";
import { MARKDOWN } from "./styles/markdown.js";
import { MESSAGES } from "./styles/messages.js";
import { THEME } from "./styles/theme.js";
import { TOOLS } from "./styles/tools.js";

/** @type {CSSStyleSheet[] | undefined} */
let made;

export function styles() {
  made ??= [THEME, LAYOUT, MESSAGES, MARKDOWN, CODE, TOOLS, CITATIONS, COMPOSER].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return made;
}
