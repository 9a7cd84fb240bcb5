/** staysail under the AI SDK: a transport for `useChat`, and models in both directions. The package does not depend on `ai`. */

export { languageModel } from "./ai-sdk/language-model.js";
export { StaysailTransport } from "./ai-sdk/transport.js";
