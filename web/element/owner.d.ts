/** The interface of the element to its sessions. */

import type { Conversations } from "../agent/conversations.js";
import type { AgentSource } from "./agent-source.js";
import type { ModelFacts } from "./spending.js";
import type { Source, ToolViewer } from "./types.js";

/** The owner of sessions: the element, for the chat that is shown and for those in the background. */
export interface Owner {
  source: AgentSource;
  /** The page's own store; undefined for the package's. */
  conversations: Conversations | undefined;
  /** The page's functions that draw tool calls, by the tools' names. */
  toolViews: Record<string, ToolViewer>;
  isDurable: boolean;
  isConnected: boolean;
  findFacts(model: string): Promise<ModelFacts>;
  /** Puts the focus where the user writes. */
  focus(): void;
  cite(source: Source): void;
  /** Shows another conversation. */
  open(id: string | undefined): void;
  /** Dispatches an event of the element. */
  tell(session: object, type: string, detail: object): void;
  /** Announces a text to screen readers. */
  announce(session: object, text: string): void;
  /** Called when a session's activity or spending changes, and when it was emptied. */
  changed(session: object): void;
  /** Called when turns were added or removed. isNew: a turn was added at the end. */
  drawn(session: object, isNew: boolean): void;
}
