/**
 * Files beside a prompt: pictures and PDFs go as they are, text goes as text. Everything else is refused in words,
 * before it is read.
 *
 * @import { MediaPart, TextPart } from "./types.js"
 */

import { toBase64 } from "../bridge/base64.js";
import { h, icon } from "./dom.js";
import { formatMegabytes } from "./format.js";

const LARGEST_MEDIA_BYTES = 20e6;
const LARGEST_TEXT_BYTES = 1e6;
const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;
const TEXT_TYPE = /^text\/|^application\/(?:json|xml|x-yaml|javascript|toml|sql)$|\+(?:json|xml)$/;
const TEXT_NAME =
  /\.(?:c|cc|cpp|css|csv|go|h|html|ini|java|js|json|jsonl|kt|log|lua|md|mjs|php|py|rb|rs|sh|sql|svg|toml|ts|tsv|txt|xml|ya?ml)$/i;

/** What a file picker offers. */
export const ACCEPT =
  "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/*,.csv,.json,.jsonl,.md,.py,.js,.ts,.toml,.yaml,.yml,.xml,.log,.sql,.sh";

/** @typedef {{name: string, part: TextPart | MediaPart}} Attachment */

/**
 * @param {File} file
 * @returns {Promise<Attachment>} throws an Error whose message is for the user
 */
export async function readAttachment(file) {
  const isPicture = PICTURE.test(file.type);
  const isText = !isPicture && (TEXT_TYPE.test(file.type) || TEXT_NAME.test(file.name));
  if (!isPicture && !isText && file.type !== "application/pdf") {
    throw new Error(`${file.name} cannot be attached: pictures (PNG, JPEG, GIF, WebP), PDF and text can.`);
  }
  const largest = isText ? LARGEST_TEXT_BYTES : LARGEST_MEDIA_BYTES;
  if (file.size > largest)
    throw new Error(`${file.name} has ${formatMegabytes(file.size)} MB; ${formatMegabytes(largest)} MB is the most.`);
  if (isText) return { name: file.name, part: { type: "text", text: `Attached file ${file.name}:\n\n${await file.text()}\n` } };
  const data = toBase64(new Uint8Array(await file.arrayBuffer()));
  return { name: file.name, part: { type: isPicture ? "image" : "file", data, mediaType: file.type, name: file.name } };
}

/** The files chosen for the next prompt, each with a button to leave it out again. */
export class AttachmentList {
  /** @type {Attachment[]} */
  #chosen = [];
  node = h("ul", { class: "attachments", "aria-label": "Attached files", hidden: true });

  get parts() {
    return this.#chosen.map(({ part }) => part);
  }

  /** @param {File} file */
  async add(file) {
    this.#chosen.push(await readAttachment(file));
    this.#show();
  }

  clear() {
    this.#chosen = [];
    this.#show();
  }

  #show() {
    this.node.hidden = !this.#chosen.length;
    this.node.replaceChildren(
      ...this.#chosen.map((attachment) => {
        const remove = h(
          "button",
          {
            type: "button",
            class: "quiet",
            part: "button",
            "aria-label": `Leave out ${attachment.name}`,
            click: () => {
              this.#chosen = this.#chosen.filter((other) => other !== attachment);
              this.#show();
            },
          },
          icon("close"),
        );
        const { part } = attachment;
        const picture =
          part.type === "image" &&
          "data" in part &&
          h("img", { class: "chosen-picture", src: `data:${part.mediaType};base64,${part.data}`, alt: "" });
        return h("li", {}, picture, h("span", { class: "file-name" }, attachment.name), remove);
      }),
    );
  }
}
