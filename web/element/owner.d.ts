/** What a session of the element needs of whoever shows it. */

import type { Conversations } from "../agent/conversations.js";
import type { AgentSource } from "./agent-source.js";
import type { ModelFacts } from "./spending.js";
import type { Source, ToolViewer } from "./types.js";

/** What shows a session: the element, for the chat that is looked at and for those that go on meanwhile. */
export interface Owner {
  source: AgentSource;
  /** The page's own store, else that of the package. */
  conversations: Conversations | undefined;
  /** Draw calls of the page's tools, by their names. */
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
  /** For screen readers. */
  announce(session: object, text: string): void;
  /** Is called when a session's activity or its spending is another, and when it was emptied. */
  changed(session: object): void;
  /** Is called when turns came or went. isNew: one was added at the end. */
  drawn(session: object, isNew: boolean): void;
}
