/**
 * The cards of an answer's tool calls, also of calls that an agent makes which serves as a tool.
 *
 * @import { ApprovalRequest, ChatEvent } from "./types.js"
 */

import { ToolCard } from "./tool-card.js";

export class ToolCards {
  /** @type {Map<string, ToolCard>} */
  #cards = new Map();
  #onNew;

  /** @param {(card: ToolCard) => void} onNew adds a card to the answer */
  constructor(onNew) {
    this.#onNew = onNew;
  }

  /**
   * Returns the card of a call, a new one for a call without.
   * @param {{id: string, name: string, index?: number}} call
   */
  card({ id, name, index }) {
    const key = id || `${index ?? 0} ${name}`;
    let card = this.#cards.get(key);
    if (!card) {
      card = new ToolCard(name);
      this.#cards.set(key, card);
      this.#onNew(card);
    }
    return card;
  }

  /** Returns the card of a call that waits for approval. @param {ApprovalRequest} request */
  cardOf({ id, tool, agent }) {
    return this.card({ id, name: agent ? nameWithin(agent, tool) : tool });
  }

  /** Whether a call waits for approval. */
  get areAsking() {
    return [...this.#cards.values()].some(({ asks }) => asks);
  }

  /** Marks the calls without a result as stopped. */
  abandon() {
    for (const card of this.#cards.values()) card.abandon();
  }

  clear() {
    this.#cards.clear();
  }
}

/**
 * Returns an event of an agent that serves as a tool as one of the answer: its text is progress of the tool, and its calls have ids and cards of
 * their own. Returns undefined for an event that is not drawn.
 * @param {ChatEvent & {type: "nested_event"}} nested
 * @returns {ChatEvent | undefined}
 */
export function liftNested({ callId, agent, event }) {
  switch (event.type) {
    case "text_delta":
      return /** @type {ChatEvent} */ ({ type: "tool_progress", callId, name: agent, text: event.text });
    case "tool_call_done":
    case "tool_result":
      return { ...event, id: `${callId}/${event.id}`, name: nameWithin(agent, event.name) };
    case "tool_progress":
      return { ...event, callId: `${callId}/${event.callId}`, name: nameWithin(agent, event.name) };
    case "nested_event":
      return { ...event, callId: `${callId}/${event.callId}` };
  }
}

/**
 * @param {string} agent
 * @param {string} tool
 */
function nameWithin(agent, tool) {
  return `${agent} › ${tool}`;
}
