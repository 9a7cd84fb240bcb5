/**
 * Files beside a prompt: pictures and PDFs go as they are, text goes as text, and documents go as the text that Python's readers find in
 * them. Everything else is refused in words, before it is read.
 *
 * @import { LoadedDocument } from "../types.js"
 * @import { MediaPart, TextPart } from "./types.js"
 */

import { toBase64 } from "../bridge/base64.js";
import { h, icon } from "./dom.js";
import { formatMegabytes } from "./format.js";

const LARGEST_MEDIA_BYTES = 20e6;
const LARGEST_TEXT_BYTES = 1e6;
const PICTURE = /^image\/(?:png|jpeg|gif|webp)$/;
const TEXT_TYPE = /^text\/|^application\/(?:json|xml|x-yaml|javascript|toml|sql)$|\+(?:json|xml)$/;
const MEDIA_TYPE = /^(?:audio|font|image|video)\//;
/** Kinds of documents that Python reads; all other files without a NUL byte are text. */
const DOCUMENT_NAME = /\.(?:docm|docx|dotx|epub)$/i;
const DOCUMENT_TYPE =
  /^application\/(?:epub\+zip|vnd\.openxmlformats-officedocument\.wordprocessingml\.(?:document|template)|vnd\.ms-word\..*)$/;
/** Bytes that tell text from other data. */
const BEGINNING = 4096;

/** The kinds of files in a file picker. */
export const ACCEPT =
  "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/*,.docx,.docm,.dotx,.epub,.csv,.tsv,.json,.jsonl,.ndjson,.geojson,.md,.html,.py,.js,.ts,.toml,.yaml,.yml,.xml,.log,.sql,.sh,.tex,.rst,.srt,.vtt,.ini";
const KINDS = "pictures (PNG, JPEG, GIF, WebP), PDF, DOCX, EPUB and text can";

/** @typedef {{name: string, part: TextPart | MediaPart, notes: string[]}} Attachment notes: what a reader left out */
/** @typedef {(file: File) => Promise<LoadedDocument[]>} Reader */

/** Raised for a file of a kind that no message can carry. */
class UnusableError extends Error {}

/**
 * Reads a file for a message. Throws an Error whose message is for the user.
 * @param {File} file
 * @param {Reader} read reads documents, and text that is not UTF-8
 * @returns {Promise<Attachment>}
 */
export async function readAttachment(file, read) {
  const { name, type } = file;
  const isPicture = PICTURE.test(type);
  if (isPicture || type === "application/pdf") {
    check(file, LARGEST_MEDIA_BYTES);
    const data = toBase64(new Uint8Array(await file.arrayBuffer()));
    return { name, part: { type: isPicture ? "image" : "file", data, mediaType: type, name }, notes: [] };
  }
  const isDocument = DOCUMENT_NAME.test(name) || DOCUMENT_TYPE.test(type);
  const start = new Uint8Array(await file.slice(0, BEGINNING).arrayBuffer());
  const isWide = (start[0] === 0xff && start[1] === 0xfe) || (start[0] === 0xfe && start[1] === 0xff); // UTF-16
  if (!isDocument && !TEXT_TYPE.test(type) && (MEDIA_TYPE.test(type) || (start.includes(0) && !isWide))) throw new UnusableError(name);
  check(file, isDocument ? LARGEST_MEDIA_BYTES : LARGEST_TEXT_BYTES);
  const { text, notes } = (!isDocument && decode(await file.arrayBuffer())) || (await readText(file, read));
  if (text.length > LARGEST_TEXT_BYTES)
    throw new Error(`The text of ${name} has ${formatMegabytes(text.length)} MB; ${formatMegabytes(LARGEST_TEXT_BYTES)} MB is the most.`);
  if (!text.trim()) throw new Error(`There is no text in ${name}.`);
  const about = notes.length ? `\n(The reader notes: ${notes.join("; ")}.)\n` : "";
  return { name, part: { type: "text", text: `Attached file ${name}:\n\n${text}\n${about}` }, notes };
}

/**
 * @param {File} file
 * @param {number} largest in bytes
 */
function check({ name, size }, largest) {
  if (size > largest) throw new Error(`${name} has ${formatMegabytes(size)} MB; ${formatMegabytes(largest)} MB is the most.`);
}

/** Returns text that is UTF-8; undefined for other encodings. @param {ArrayBuffer} bytes */
function decode(bytes) {
  try {
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes), notes: [] };
  } catch {
    return undefined;
  }
}

/**
 * @param {File} file
 * @param {Reader} read
 */
async function readText(file, read) {
  const documents = await read(file);
  return { text: documents.map(({ text }) => text).join("\n\n"), notes: documents.flatMap(({ notes }) => notes) };
}

/**
 * Says in one text which files cannot be attached, and why.
 * @param {Error[]} errors of readAttachment
 * @returns {string[]} a sentence for each reason
 */
export function explainRefusals(errors) {
  const unusable = errors.filter((error) => error instanceof UnusableError).map(({ message }) => message);
  const others = errors.filter((error) => !(error instanceof UnusableError)).map(({ message }) => message);
  return [...(unusable.length ? [`${unusable.join(", ")} cannot be attached: ${KINDS}.`] : []), ...others];
}

/** The files chosen for the next prompt, each with a button to leave it out again. */
export class AttachmentList {
  /** @type {Attachment[]} */
  #chosen = [];
  node = h("ul", { class: "attachments", "aria-label": "Attached files", hidden: true });

  get parts() {
    return this.#chosen.map(({ part }) => part);
  }

  /**
   * @param {File} file
   * @param {Reader} read
   */
  async add(file, read) {
    this.#chosen.push(await readAttachment(file, read));
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
        const notes = attachment.notes.length > 0 && h("span", { class: "file-notes" }, attachment.notes.join("; "));
        return h("li", {}, picture, h("span", { class: "file-name" }, attachment.name), notes, remove);
      }),
    );
  }
}
