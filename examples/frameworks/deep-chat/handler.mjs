// A handler for deep-chat: chat.connect = { stream: true, handler: handlerFor(agent) }

/** @param {import("staysail").Agent} agent */
export const handlerFor =
  (agent) =>
  async ({ messages }, signals) => {
    const stop = new AbortController();
    signals.stopClicked.listener = () => stop.abort();
    const history = messages.slice(0, -1).map(({ role, text }) => ({ role: role === "ai" ? "assistant" : "user", content: text }));
    signals.onOpen();
    try {
      for await (const event of agent.stream(messages.at(-1).text, { history, signal: stop.signal }))
        if (event.type === "text_delta") await signals.onResponse({ text: event.text });
    } catch (error) {
      if (!stop.signal.aborted) await signals.onResponse({ error: error.message });
    }
    signals.onClose();
  };
