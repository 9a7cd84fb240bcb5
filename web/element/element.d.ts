/** The types of `staysail/element`: those of its module, and the tag's in `document.querySelector("staysail-chat")`. */

export * from "./staysail-chat.js";

declare global {
  interface HTMLElementTagNameMap {
    "staysail-chat": import("./staysail-chat.js").StaysailChat;
  }
}
