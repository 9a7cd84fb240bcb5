/**
 * Types of the page's panels, and of the page's interface to them.
 *
 * @import { StaysailChat as Chat } from "../web/element/staysail-chat.js"
 * @import { AgentOptions, Tool } from "../web/types.js"
 *
 * @typedef {object} Panel
 * @property {string} name the id of the panel's element
 * @property {string} title
 * @property {"start" | "end"} side its side of the chat; panels of one side replace each other
 * @property {string} [icon] path of its button in the header, on a grid of 16; without one the panel is in the menu alone
 * @property {string} first id of the field that has the focus when the panel is opened
 * @property {string} html its content below the title
 * @property {() => Promise<{watch: (page: Page) => Part | void}>} [load] loads the function that joins the panel to the chat; absent: it comes with the page
 *
 * @typedef {object} Part a panel's additions to the chat's agent
 * @property {() => Tool[] | Promise<Tool[]>} [tools]
 * @property {(own: Tool[]) => Tool[] | Promise<Tool[]>} [moreTools] tools that need no approval and are offered to nobody else; own: the tools of all panels
 * @property {() => Partial<AgentOptions>} [options]
 * @property {() => string} [about] a word for the chip below the message, while the panel adds something
 * @property {() => void} [changed] called when the tools of another panel change
 * @property {() => void} [begin] called once, when every panel is joined
 *
 * @typedef {object} Page the page's interface to its panels
 * @property {Chat} chat
 * @property {() => void} changed says that the agent's tools or options have changed
 * @property {() => boolean} isSmall whether the small model in the page answers
 * @property {() => Pick<Answering["options"], "model" | "apiKey" | "baseURL"> | undefined} access the key and the address of the model that answers now;
 *   undefined for the small one
 * @property {() => Promise<Tool[]>} ownTools the tools of all panels
 * @property {(model: Answering) => void} answer says which model answers from now on
 *
 * @typedef {{small: boolean, label: string, host: string, options: Pick<AgentOptions, "model" | "apiKey" | "baseURL" | "preamble">}} Answering
 *   label: the model as people read it; host: where its text goes
 */

export {};
