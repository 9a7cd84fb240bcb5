/**
 * One prompt and its answer on the page. The answer is drawn in the order in which things happened: thoughts, text,
 * tools, text again; notices and failures stand in their place.
 *
 * @import { ApprovalAnswer, ApprovalRequest, ChatEvent, Message, Prompt, Part, Source, Usage } from "./types.js"
 * @import { ChatTool } from "../chat/types.js"
 * @import { ToolViewer } from "./types.js"
 * @import { Turn } from "./conversation.js"
 * @import { QuestionActions } from "./question.js"
 */

import { citations, linkCitations, sourcesIn } from "./citations.js";
import { h } from "./dom.js";
import { formatJson, formatUsage } from "./format.js";
import { MarkdownView } from "./markdown.js";
import { endNotice, faultNotice, RetryNotice } from "./notices.js";
import { Question } from "./question.js";
import { ReasoningView } from "./reasoning.js";
import { liftNested, ToolCards } from "./tool-cards.js";
import { drawFoot } from "./turn-foot.js";
import { partsOf, textOf } from "./conversation.js";
import { undrawn } from "./undrawn.js";
import { attachment } from "./user-message.js";

/**
 * @typedef {object} OwnActions
 * @property {() => void} retry
 * @property {(text: string) => void} announce for screen readers
 * @property {(source: Source) => void} cite shows a source of the answer
 * @property {() => void} focus puts the focus into the field for messages
 * @property {() => void} [fork] goes on from here in a copy of the conversation
 *
 * @typedef {OwnActions & QuestionActions} TurnActions
 */

export class TurnView {
  #actions;
  #body = h("div", { class: "answer" });
  #waiting = h("p", { class: "waiting", part: "notice" });
  #foot = h("footer", { class: "turn-foot" });
  #answer = h(
    "article",
    { class: "message assistant", part: "message message-assistant" },
    h("h3", { class: "who" }, "Answer"),
    this.#body,
    this.#waiting,
    this.#foot,
  );
  node;
  /** @type {MarkdownView | ReasoningView | undefined} */
  #open;
  #tools = new ToolCards((card) => {
    this.#close();
    this.#append(card.node);
  });
  /** @type {{notice: RetryNotice, event: ChatEvent & {type: "retry_scheduled"}} | undefined} */
  #retry;
  #replayed = false;
  /** Undefined where no prompt stands before the answer. @type {Question | undefined} */
  question;
  /** Why the model ended its last step. @type {string} */
  #finishReason = "";
  /** Undefined where the conversation is not kept. @type {TurnActions["fork"]} */
  fork;

  /**
   * @param {Prompt | Part[] | undefined} prompt
   * @param {TurnActions} actions
   */
  constructor(prompt, actions) {
    this.#actions = actions;
    this.fork = actions.fork;
    if (prompt !== undefined) this.question = new Question(prompt, actions);
    this.node = h("section", { class: "turn", part: "turn" }, this.question?.node, this.#answer);
  }

  /** Empties the answer, which waits again. @param {string} why the words for what it waits for */
  begin(why) {
    this.#body.replaceChildren();
    this.#foot.replaceChildren();
    this.#tools.clear();
    this.#open = this.#retry = undefined;
    this.#finishReason = "";
    this.#replayed = false;
    this.#answer.setAttribute("aria-busy", "true");
    this.wait(why);
  }

  /** Shows what the answer waits for. @param {string} why "" for nothing */
  wait(why) {
    if (this.#waiting.textContent !== why) this.#waiting.textContent = why;
    this.#waiting.hidden = !why;
  }

  /** @param {ChatEvent} event */
  show(event) {
    try {
      this.#show(event);
    } catch (error) {
      console.warn("staysail-chat: an event could not be drawn", error);
      this.#append(undrawn(formatJson(event)));
    }
  }

  /** @param {ChatEvent} event */
  #show(event) {
    if (event.type !== "retry_scheduled") this.#settleRetry();
    switch (event.type) {
      case "text_delta":
        this.wait("");
        return this.#stream(MarkdownView).push(event.text);
      case "reasoning_delta":
        this.wait("");
        return this.#stream(ReasoningView).push(event.text);
      case "tool_call_delta":
        this.wait("");
        return this.#tools.card(event).write(event.name, event.argumentsDelta);
      case "tool_call_done":
        this.#actions.announce(`Calling the tool ${event.name}`);
        return this.#tools.card(event).run(event.arguments);
      case "tool_result":
        this.#actions.announce(`The tool ${event.name} ${event.isError ? "failed" : "answered"}`);
        this.#tools.card(event).finish(event.text, event.isError, event.durationS, event.content);
        return this.wait(this.#tools.areAsking ? "" : "Reading the result");
      case "retry_scheduled":
        return this.#showRetry(event);
      case "approval_needed":
        return this.#tools.cardOf(event.request).hold(event.request.arguments);
      case "tool_progress":
        this.wait("");
        return this.#tools.card({ id: event.callId, name: event.name }).progress(event.text, event.part);
      case "nested_event": {
        const own = liftNested(event);
        return own && this.show(own);
      }
      case "handed_over":
        this.#close();
        this.#actions.announce(`${event.agent} takes over`);
        return this.#append(h("p", { class: "stopped", part: "notice" }, `${event.agent} takes over.`));
      case "request_adjusted":
        return this.#note(`${event.message}.`);
      case "model_changed":
        this.#actions.announce(`${event.model} answers instead`);
        return this.#note(`${event.model} answers instead of ${event.previous}: ${event.error}`);
      case "step_done":
        this.#finishReason = event.finishReason;
        return this.#close();
      case "run_done":
        return this.#close();
    }
  }

  /**
   * Adds a notice, as a line of its own.
   * @param {string} text
   */
  #note(text) {
    this.#close();
    this.#append(h("p", { class: "stopped", part: "notice", dir: "auto" }, text));
  }

  /**
   * Asks the user whether a tool may be called. Returns the answer.
   * @param {ApprovalRequest} request
   * @returns {Promise<ApprovalAnswer>}
   */
  ask(request) {
    this.wait("");
    this.#actions.announce(
      request.uncertain ? `Did the tool ${request.tool} take effect? It was cut off` : `The tool ${request.tool} asks for your approval`,
    );
    return new Promise((resolve) => {
      this.#tools.cardOf(request).ask(request, (answer) => {
        this.#actions.focus();
        resolve(answer);
      });
    });
  }

  /** Whether a view of the page has drawn a tool call. @param {ChatTool} call */
  hasToolView(call) {
    return this.#tools.card(call).hasView;
  }

  /**
   * Draws a tool call by the page's function. Where that fails, the card stays as it is.
   * @param {ChatTool} call
   * @param {ToolViewer} draw
   */
  drawTool(call, draw) {
    try {
      const drawn = draw(call);
      if (drawn !== null) this.#tools.card(call).show(drawn, draw.below);
    } catch (error) {
      console.warn(`staysail-chat: the tool view of ${call.name} failed`, error);
    }
  }

  /** @param {Turn} turn */
  finish(turn) {
    this.#end();
    this.#sayHowItEnded(turn);
    this.#complete(turn.text, formatUsage(turn.usage));
    this.#cite(turn.sources, turn.text);
  }

  /**
   * Adds what the answer cost to its tokens.
   * @param {Usage} usage
   * @param {number} usd
   */
  showCost(usage, usd) {
    const place = this.#foot.querySelector(".usage");
    if (place) place.textContent = formatUsage(usage, usd);
  }

  /** Says where the model did not end its answer by itself. @param {Turn} turn */
  #sayHowItEnded({ text, messages = [] }) {
    const say = (/** @type {string} */ words, /** @type {Parameters<typeof endNotice>[1]} */ way = undefined) => {
      this.#actions.announce(words);
      this.#append(endNotice(words, way));
    };
    const goOn = () => this.node.dispatchEvent(new CustomEvent("staysail-continue", { bubbles: true }));
    const refused = messages.at(-1)?.role === "assistant" && partsOf(messages.at(-1)).some(({ type }) => type === "refusal");
    if (this.#finishReason === "length") say("The answer was cut off at its greatest length.", { words: "Continue", click: goOn });
    else if (this.#finishReason === "content_filter") say("The provider's filter ended this answer.");
    else if (refused) say("The model refused to answer.");
    else if (!text.trim() && !this.#body.childElementCount) say("The model gave an empty answer.");
  }

  /**
   * @param {Source[]} sources
   * @param {string} text of the answer
   */
  #cite(sources, text) {
    if (!sources.length) return;
    linkCitations(this.#body, sources, this.#actions.cite);
    this.#append(citations(sources, text, this.#actions.cite));
  }

  /** @param {Turn} turn */
  stop(turn) {
    this.#end();
    this.#append(h("p", { class: "stopped halted", part: "notice" }, "You stopped this answer."));
    this.#complete(turn.text, formatUsage(turn.usage));
  }

  /**
   * @param {Turn} turn
   * @param {unknown} error
   */
  fail(turn, error) {
    this.#end();
    this.#append(faultNotice(error, this.#actions.retry, { begun: turn.text !== "" }));
    this.#foot.replaceChildren();
  }

  /** Draws the answer of a turn of a history. @param {Message[]} messages the messages after the prompt */
  replay(messages) {
    this.#replayed = true;
    this.wait("");
    for (const part of messages.flatMap(partsOf)) {
      try {
        this.#replayPart(part);
      } catch (error) {
        console.warn("staysail-chat: a part could not be drawn", error);
        this.#close();
        this.#append(undrawn(formatJson(part)));
      }
    }
    this.#end();
    const text = messages
      .filter((message) => message?.role === "assistant")
      .map(({ content }) => textOf(content))
      .join("\n\n");
    this.#cite(sourcesIn(messages), text);
    this.#complete(text);
  }

  /** @param {Part} part */
  #replayPart(part) {
    switch (part.type) {
      case "text":
      case "refusal":
        return this.#stream(MarkdownView).push(String(part.text));
      case "reasoning":
        return part.text ? this.#stream(ReasoningView).push(String(part.text)) : undefined; // or what only its provider can read
      case "opaque":
        return undefined;
      case "tool_call":
        return this.#tools.card({ id: String(part.id), name: String(part.name) }).run(part.arguments);
      case "tool_result": {
        const content = partsOf(part);
        return this.#tools
          .card({ id: String(part.id), name: String(part.name ?? "tool") })
          .finish(textOf(content), part.isError ?? false, 0, content);
      }
      case "image":
      case "audio":
      case "file":
        this.#close();
        return this.#append(h("div", { class: "media" }, attachment(part)));
      default:
        this.#close();
        return this.#append(undrawn(formatJson(part), "This part is of a kind that the chat does not know. Here it is as text."));
    }
  }

  /**
   * Returns the view at the end of the answer, a new one where the last is of another kind.
   * @template {MarkdownView | ReasoningView} V
   * @param {new (announce: (text: string) => void) => V} kind
   * @returns {V}
   */
  #stream(kind) {
    if (this.#open instanceof kind) return this.#open;
    this.#close();
    const view = new kind(this.#replayed ? () => {} : this.#actions.announce);
    this.#open = view;
    this.#append(view.node);
    return view;
  }

  #close() {
    this.#open?.finish({ timed: !this.#replayed });
    this.#open = undefined;
  }

  /** @param {ChatEvent & {type: "retry_scheduled"}} event */
  #showRetry(event) {
    this.#close();
    this.wait("");
    if (!this.#retry) {
      this.#retry = { notice: new RetryNotice(), event };
      this.#append(this.#retry.notice.node);
    }
    this.#retry.event = event;
    this.#retry.notice.show(event);
    this.#actions.announce(`${event.error} Trying again.`);
  }

  #settleRetry() {
    this.#retry?.notice.settle(this.#retry.event);
    this.#retry = undefined;
  }

  #end() {
    this.#close();
    this.#settleRetry();
    this.#tools.abandon();
    this.wait("");
    this.#answer.removeAttribute("aria-busy");
  }

  /**
   * @param {string} text of the answer
   * @param {string} [usage]
   */
  #complete(text, usage) {
    this.#foot.replaceChildren(...drawFoot(text, { retry: this.#actions.retry, fork: this.fork }, usage));
  }

  /** @param {HTMLElement} node */
  #append(node) {
    this.#body.append(node);
  }
}
