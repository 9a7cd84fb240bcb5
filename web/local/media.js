/**
 * Pictures and sound in a request, for models that read them and for those that do not.
 * @import { MediaPart, Message, Part } from "./types.js"
 * @typedef {Record<MediaPart["type"], boolean>} Reads what a model reads beside text
 */

import { LocalModelError } from "./errors.js";

/** @type {Reads} */
export const TEXT_ALONE = { image: false, audio: false };

/**
 * Returns the messages with a note in the place of what the model does not read, as an earlier model may have read it. Raises "bad_request"
 * where the last message has such a part: the answer would be about nothing.
 * @param {Message[]} messages
 * @param {Reads} reads
 */
export function leaveOutMedia(messages, reads) {
  const isUnread = (/** @type {Part} */ part) => isMedia(part) && !reads[part.type];
  const unread = messages.at(-1)?.content.find(isUnread);
  if (unread)
    throw new LocalModelError(
      "bad_request",
      `This model reads no ${unread.type === "image" ? "pictures" : "sound"}. Load one together with its projector ("mmproj-….gguf"), or send text.`,
    );
  return messages.map((message) => ({
    ...message,
    content: message.content.map((part) =>
      isUnread(part) ? { type: /** @type {const} */ ("text"), text: `[${part.type} left out]` } : part,
    ),
  }));
}

/**
 * @param {Part} part
 * @returns {part is MediaPart}
 */
export function isMedia(part) {
  return part.type === "image" || part.type === "audio";
}
