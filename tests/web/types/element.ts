// The element, as a script finds it in the document.

import type { StaysailChat } from "staysail/element";
import { Agent } from "staysail/openai";
import type { Message } from "staysail/types";
import { is } from "./is.js";

const chat = document.querySelector("staysail-chat");
is<StaysailChat | null>()(chat);
if (chat) {
  chat.model = "openai:gpt-4o";
  chat.apiKey = () => "k";
  chat.agent = new Agent({ model: "gpt-4o" });
  is<Message[]>()(chat.history);
  // @ts-expect-error: it is given, never read
  is<string>()(chat.apiKey);
}
is<StaysailChat>()(document.createElement("staysail-chat"));
