/** LLM agents that live in the page. */

export { Agent } from "./agent/agent.js";
export { Batch } from "./agent/batch.js";
export { authorizeInPopup, finishAuthorization } from "./keys/authorization.js";
export { boot, configure, shutdown } from "./runtime/boot.js";
export { AssistantContent, CompletionRequest, Document, Message, ToolDefinition } from "./completion.js";
export { Conversations } from "./agent/conversations.js";
export {
  advisor,
  codeExecution,
  fileSearch,
  hostedMcp,
  imageGeneration,
  toolSearch,
  urlContext,
  webFetch,
  webSearch,
  xSearch,
} from "./agent/hosted.js";
export { bashTool, browserTool, computerTool, customTool } from "./agent/native.js";
export { ProviderFiles } from "./models/files.js";
export { handoff } from "./agent/delegation.js";
export * from "./errors.js";
export { KeyStore } from "./keys/key-store.js";
export { finishOpenRouterLogin, loginOpenRouter } from "./keys/openrouter-login.js";
export { McpServer, mcpServer } from "./mcp.js";
export {
  AudioGenerationModel,
  CompletionModel,
  EmbeddingModel,
  ImageGenerationModel,
  Reranker,
  OcrModel,
  TranscriptionModel,
} from "./models/models.js";
export { knownModel, listModels } from "./models/list.js";
export { pythonTool } from "./agent/python-tool.js";
export { pythonTools } from "./agent/python-tools.js";
export { clearTraces, readTraces } from "./agent/tracing.js";
export { decodeReadableStream, RawStreamingChoice } from "./streaming.js";
export { Steering } from "./agent/steering.js";
export { tool } from "./agent/tools.js";
export { initPanicHook } from "./utils.js";
export { pageTools, publishTools, webMCP } from "./webmcp.js";
export { IndexedDBVectorStore, InMemoryVectorStore } from "./vector-store.js";
