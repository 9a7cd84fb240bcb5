/** LLM agents that live in the page. */

export { Agent } from "./agent.js";
export { authorizeInPopup, finishAuthorization } from "./authorization.js";
export { boot, shutdown } from "./boot.js";
export { AssistantContent, CompletionRequest, Document, Message, ToolDefinition } from "./completion.js";
export { Conversations } from "./conversations.js";
export { handoff } from "./delegation.js";
export * from "./errors.js";
export { KeyStore } from "./keys.js";
export { finishOpenRouterLogin, loginOpenRouter } from "./openrouter-login.js";
export { McpServer, mcpServer } from "./mcp.js";
export { AudioGenerationModel, CompletionModel, EmbeddingModel, ImageGenerationModel, Reranker, TranscriptionModel } from "./models.js";
export { pythonTool } from "./python-tool.js";
export { pythonTools } from "./python-tools.js";
export { clearTraces, readTraces } from "./tracing.js";
export { decodeReadableStream, RawStreamingChoice } from "./streaming.js";
export { tool } from "./tools.js";
export { initPanicHook } from "./utils.js";
export { pageTools, publishTools, webMCP } from "./webmcp.js";
export { IndexedDBVectorStore, InMemoryVectorStore } from "./vector-store.js";
