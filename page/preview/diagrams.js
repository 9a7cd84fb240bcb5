/** Diagrams by Mermaid, which is loaded with the first one and runs in a frame without origin and network. */

import { Room } from "./room.js";

const LIBRARY = "wheels/mermaid.min.js";
const MOST_CHARACTERS = 20_000;
const PATIENCE_MS = 20_000;

/** @type {Promise<Room> | undefined} */
let starting;
/** @type {Map<number, (answer: {svg?: string, error?: string}) => void>} */
const waiting = new Map();
let lastId = 0;
/** @type {string | undefined} */
let library;

/**
 * Draws a diagram. The drawing must be sanitised before it is shown.
 * @param {string} text Mermaid
 * @returns {Promise<string>} SVG. Rejected where the text is no diagram, and where the library cannot be loaded
 */
export async function drawDiagram(text) {
  if (text.length > MOST_CHARACTERS) throw new Error("It is too long.");
  const room = await (starting ??= start());
  const id = ++lastId;
  const answer = await new Promise((/** @type {(answer: {svg?: string, error?: string}) => void} */ resolve) => {
    waiting.set(id, resolve);
    setTimeout(resolve, PATIENCE_MS, { error: "It took too long." });
    void room.say({ id, library, diagram: text });
    library = undefined; // the frame has it
  });
  waiting.delete(id);
  if (answer.svg === undefined) throw new Error(answer.error);
  return answer.svg;
}

async function start() {
  try {
    const response = await fetch(LIBRARY);
    if (!response.ok) throw new Error(`The library of diagrams could not be loaded (${response.status}).`);
    library = await response.text();
  } catch (error) {
    starting = undefined; // the next diagram tries again
    throw error;
  }
  const room = new Room("Diagrams", ({ id, ...answer }) => waiting.get(id)?.(answer));
  room.node.className = "drawing-room";
  room.node.ariaHidden = "true";
  room.node.tabIndex = -1;
  document.body.append(room.node);
  return room;
}
