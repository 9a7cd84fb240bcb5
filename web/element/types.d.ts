/** Shapes that the chat reads and writes: what an agent is to it, and what an agent tells it. */

import type { AgentEvent, FilePart, ImagePart, Usage as FullUsage } from "../types.js";

export type { ApprovalAnswer, ApprovalRequest, Message, Part, Source, TextPart } from "../types.js";
/** Anything that streams a run can be given as `chat.agent`; staysail's Agent is one. */
export type { ChatAgent, Prompt } from "../chat/types.js";
export type MediaPart = ImagePart | FilePart;
export type ChatEvent = AgentEvent;
export type Usage = Pick<FullUsage, "inputTokens" | "outputTokens" | "totalTokens">;

/**
 * Draws a tool call: a node of the page's own, text, or null for nothing. Called again whenever the call changes, also while its arguments are
 * written. below: the node stands below the tool's card, not in its place.
 */
export type ToolViewer = ((call: import("../chat/types.js").ChatTool) => Node | string | null) & { below?: boolean };

export type Theme = "light" | "dark" | "auto";

/** What a kept conversation does. "waiting": for an approval; "news": it has an answer that was not looked at; "": nothing. */
export type Activity = "running" | "waiting" | "failed" | "news" | "";
