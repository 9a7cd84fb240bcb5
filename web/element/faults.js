/** An error in the words of someone who was only chatting: what happened, what was said, what to do. */

/** @typedef {{title: string, advice: string}} Fault */

/** @type {Record<string, Fault>} */
const BY_NAME = {
  ConfigError: { title: "The settings do not work.", advice: "Correct the setting and try again." },
  AuthError: { title: "The provider did not accept the API key.", advice: "Check the key and that it may use this model, then try again." },
  RateLimitError: { title: "The provider is asking to slow down.", advice: "Wait a little and try again, or check the account's quota." },
  NetworkError: { title: "No answer came from the provider.", advice: "" },
  BadRequestError: {
    title: "The provider did not accept the request.",
    advice: "Check the model's name and what it can take, such as pictures or tools.",
  },
  ServerError: { title: "The provider has a fault of its own.", advice: "This is not about your message. Try again in a moment." },
  StreamError: { title: "The answer broke off in the middle.", advice: "What came before the break is above." },
  MaxTurnsError: {
    title: "The model kept calling tools and came to no answer.",
    advice: "Ask for something smaller, or say “go on” to continue from here.",
  },
};
/** @type {Fault} */
const UNKNOWN = { title: "Something went wrong.", advice: "" };

/**
 * @param {any} error
 * @param {boolean} [begun] whether some of the answer had come
 * @returns {Fault & {message: string, label: string}} label: the error's class and HTTP status, for a report
 */
export function describeFault(error, begun = false) {
  const name = typeof error?.name === "string" ? error.name : "Error";
  const message = error instanceof Error || error?.message ? String(error.message) : String(error);
  const label = [name, error?.status && `HTTP ${error.status}`, error?.requestId && `request ${error.requestId}`]
    .filter(Boolean)
    .join(" · ");
  const kind = begun && name === "NetworkError" ? "StreamError" : name;
  return { ...(BY_NAME[kind] ?? UNKNOWN), message, label };
}
