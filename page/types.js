/**
 * What the page's panels are, and what they get of the page. Types alone.
 *
 * @import { StaysailChat as Chat } from "../web/element/staysail-chat.js"
 * @import { AgentOptions, Tool } from "../web/types.js"
 *
 * @typedef {object} Panel
 * @property {string} name the id of the panel's element
 * @property {string} title
 * @property {"start" | "end"} side where it stands beside the chat; panels of one side replace each other
 * @property {string} [icon] path of its button in the header, on a grid of 16; without one the panel is in the menu alone
 * @property {string} first id of the field that has the focus when the panel is opened
 * @property {string} html what stands below its title
 * @property {() => Promise<{watch: (page: Page) => Part | void}>} load loads what joins the panel to the chat
 *
 * @typedef {object} Part what a panel adds to the chat's agent
 * @property {() => Tool[] | Promise<Tool[]>} [tools]
 * @property {(own: Tool[]) => Tool[] | Promise<Tool[]>} [moreTools] tools that need no approval and are offered to nobody else; own: the tools of all panels
 * @property {() => Partial<AgentOptions>} [options]
 * @property {() => string} [about] a word for the chip below the message, while the panel adds something
 * @property {() => void} [changed] is called when the tools of another panel are others now
 * @property {() => void} [begin] is called once, when every panel is joined
 *
 * @typedef {object} Page what a panel gets of the page
 * @property {Chat} chat
 * @property {() => void} changed says that the agent's tools or options are others now
 * @property {() => boolean} isSmall whether the small model in the page answers
 * @property {() => Pick<Answering["options"], "model" | "apiKey" | "baseURL"> | undefined} access how the model is reached that answers now;
 *   undefined for the small one
 * @property {() => Promise<Tool[]>} ownTools the tools of all panels
 * @property {(model: Answering) => void} answer says which model answers from now on
 *
 * @typedef {{small: boolean, label: string, host: string, options: Pick<AgentOptions, "model" | "apiKey" | "baseURL" | "preamble">}} Answering
 *   label: the model as people read it; host: where its text goes
 */

export {};
