/** Describes an error to a person who chats: what happened, and what to do. The error's own text is for a report. */

/**
 * @typedef {object} Fault
 * @property {string} title what happened
 * @property {string} advice what to do about it, or ""
 * @property {boolean} [isPlain] whether the error's own text says more than the title, and is shown with it
 */

/** @type {Record<string, Fault>} */
const BY_NAME = {
  ConfigError: { title: "The settings do not work.", advice: "Correct the setting and try again.", isPlain: true },
  AuthError: { title: "The provider did not accept the API key.", advice: "Check the key and that it may use this model, then try again." },
  RateLimitError: { title: "The provider is asking to slow down.", advice: "Wait a little and try again, or check the account's quota." },
  NetworkError: { title: "No answer came from the provider.", advice: "Check the network, and the address in the settings." },
  BadRequestError: {
    title: "The provider did not accept the request.",
    advice: "Check the model's name and what it can take, such as pictures or tools.",
    isPlain: true,
  },
  ServerError: { title: "The provider has a fault of its own.", advice: "This is not about your message. Try again in a moment." },
  StreamError: { title: "The answer broke off in the middle.", advice: "What came before the break is above." },
  MaxTurnsError: {
    title: "The model kept calling tools and came to no answer.",
    advice: "Ask for something smaller, or say “go on” to continue from here.",
  },
  OutputError: { title: "The answer has not the form that was asked for.", advice: "Try again, or ask another model." },
  QuotaError: { title: "This browser has no room left.", advice: "Delete chats or documents, or free space on the disk, then try again." },
};
/** @type {Fault} */
const UNKNOWN = { title: "Something went wrong.", advice: "", isPlain: true };

/** By the code of a NetworkError. @type {Record<string, Fault>} */
const BY_NETWORK = {
  offline: { title: "You are offline.", advice: "The message goes out again with “Try again”, once there is a network." },
  timeout: { title: "The provider took too long.", advice: "Try again, or ask for something smaller." },
  cors: {
    title: "The server is there, but does not let this page read its answer.",
    advice: "Allow this page in the server's settings (CORS), and check the key.",
  },
  unreachable: { title: "No server answers at this address.", advice: "Check that it runs, and the address in the settings." },
};

/** One and many of each limit. @type {Record<string, [string, string]>} */
const LIMITS = {
  requests: ["model call", "model calls"],
  toolCalls: ["tool call", "tool calls"],
  inputTokens: ["token in", "tokens in"],
  outputTokens: ["token out", "tokens out"],
  totalTokens: ["token", "tokens"],
  seconds: ["second", "seconds"],
};

/**
 * @param {any} error
 * @param {boolean} [begun] whether some of the answer had come
 * @returns {Fault & {message: string, label: string}} message: the error's own text; label: the error's class and HTTP status, for a report
 */
export function describeFault(error, begun = false) {
  const name = typeof error?.name === "string" ? error.name : "Error";
  const message = error instanceof Error || error?.message ? String(error.message) : String(error);
  const label = [name, error?.status && `HTTP ${error.status}`, error?.requestId && `request ${error.requestId}`]
    .filter(Boolean)
    .join(" · ");
  return { ...faultOf(name, error, message, begun), message, label };
}

/**
 * @param {string} name
 * @param {any} error
 * @param {string} message
 * @param {boolean} begun
 * @returns {Fault}
 */
function faultOf(name, error, message, begun) {
  if (error?.code === "left")
    return { title: "No answer came yet.", advice: "The page was left before it came, or another tab is at work on it. Try again." };
  if (name === "UsageLimitError") return limitReached(error);
  if (name === "ConfigError" && /^Model cannot be empty/i.test(message))
    return { title: "Choose a model.", advice: "No model is named for this provider. Name one in the settings, then try again." };
  if (name === "ConfigError" && /\bneeds an API key\b/.test(message))
    return { title: "This provider needs an API key.", advice: "Give one in the settings, then try again." };
  if (name === "ConfigError" && /\bneeds a base_?URL\b/i.test(message))
    return { title: "This provider needs the address of its server.", advice: "Give its base URL in the settings, then try again." };
  if (name === "NetworkError") return begun ? BY_NAME.StreamError : (BY_NETWORK[error?.code] ?? BY_NAME.NetworkError);
  return BY_NAME[name] ?? UNKNOWN;
}

/** @param {{limit?: string, most?: number | null}} error */
function limitReached({ limit = "", most }) {
  const [one, many] = LIMITS[limit] ?? ["", ""];
  const amount = limit === "cost" ? `$${most}` : many && most ? `${most.toLocaleString("en")} ${most === 1 ? one : many}` : "";
  return {
    title: amount ? `Stopped at your limit of ${amount}.` : "Stopped at a limit of yours.",
    advice: "Raise the limit in the settings and try again, or say “go on” to continue from here.",
  };
}
