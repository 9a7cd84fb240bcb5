/**
 * The providers that the page offers, and what a user should know of each before choosing it. The model names are
 * examples to begin with; any other can be typed.
 *
 * @typedef {object} Choice
 * @property {string} id the provider's name in "provider:model"
 * @property {string} label
 * @property {string[]} models
 * @property {"needed" | "optional" | "none"} key
 * @property {string} [keyURL] where a user gets one
 * @property {"needed" | "optional" | "none"} base
 * @property {string} [baseExample]
 * @property {string[]} note
 */

/** @type {Choice[]} */
export const CHOICES = [
  {
    id: "local",
    label: "This page, no key needed",
    models: [],
    key: "none",
    base: "none",
    note: [
      "SmolLM2-135M, a very small English model, runs in this tab. Its 125 MB are downloaded with your first message and kept by the browser.",
      "Expect short, simple answers, often wrong ones. It does not plan or calculate: a second small model picks the tool that fits, and the tool's own result is shown beside what the model makes of it.",
    ],
  },
  {
    id: "openai",
    label: "OpenAI",
    models: ["gpt-6-luna", "gpt-6-sol", "gpt-6.1-sol"],
    key: "needed",
    keyURL: "https://platform.openai.com/api-keys",
    base: "optional",
    baseExample: "https://api.openai.com/v1",
    note: ["Called from this page directly. A wrong key looks like a network failure here, as OpenAI hides that answer from pages."],
  },
  {
    id: "openai-compatible",
    label: "OpenAI-compatible server",
    models: [],
    key: "optional",
    base: "needed",
    baseExample: "https://example.com/v1",
    note: ["Any server that speaks OpenAI's chat completions: give its base URL. It has to allow requests from pages (CORS)."],
  },
  {
    id: "anthropic",
    label: "Anthropic",
    models: ["claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"],
    key: "needed",
    keyURL: "https://platform.claude.com/settings/keys",
    base: "optional",
    baseExample: "https://api.anthropic.com/v1",
    note: ["Called from this page directly."],
  },
  {
    id: "gemini",
    label: "Google Gemini",
    models: ["gemini-3.8-flash", "gemini-4-argon", "gemini-3.5-flash-lite"],
    key: "needed",
    keyURL: "https://aistudio.google.com/apikey",
    base: "optional",
    baseExample: "https://generativelanguage.googleapis.com/v1beta",
    note: ["Called from this page directly."],
  },
  {
    id: "cohere",
    label: "Cohere",
    models: ["command-a-03-2025"],
    key: "needed",
    keyURL: "https://dashboard.cohere.com/api-keys",
    base: "optional",
    baseExample: "https://api.cohere.com/v2",
    note: ["Called from this page directly."],
  },
  {
    id: "openrouter",
    label: "OpenRouter",
    models: ["openai/gpt-6-luna", "anthropic/claude-haiku-5.5", "google/gemini-3.8-flash"],
    key: "needed",
    keyURL: "https://openrouter.ai/settings/keys",
    base: "optional",
    baseExample: "https://openrouter.ai/api/v1",
    note: ["Called from this page directly. Log in below, and OpenRouter makes a key for this page: nothing to paste."],
  },
  {
    id: "groq",
    label: "Groq",
    models: ["openai/gpt-oss-120b", "openai/gpt-oss-20b", "qwen/qwen3.8-27b"],
    key: "needed",
    keyURL: "https://console.groq.com/keys",
    base: "optional",
    baseExample: "https://api.groq.com/openai/v1",
    note: ["Called from this page directly."],
  },
  {
    id: "deepseek",
    label: "DeepSeek",
    models: ["deepseek-v4-flash"],
    key: "needed",
    keyURL: "https://platform.deepseek.com/api_keys",
    base: "optional",
    baseExample: "https://api.deepseek.com",
    note: ["Called from this page directly."],
  },
  {
    id: "ollama",
    label: "Ollama on this computer",
    models: ["qwen3:4b", "llama3.2", "gemma3:4b"],
    key: "optional",
    base: "optional",
    baseExample: "http://127.0.0.1:11434/api",
    note: ["Start Ollama with OLLAMA_ORIGINS set to this page's origin, so that it answers pages."],
  },
  {
    id: "llamacpp",
    label: "llama.cpp on this computer",
    models: ["default"],
    key: "optional",
    base: "optional",
    baseExample: "http://127.0.0.1:8080/v1",
    note: ["llama-server answers any page by default. It serves one model, so the name does not matter."],
  },
  {
    id: "lmstudio",
    label: "LM Studio on this computer",
    models: [],
    key: "optional",
    base: "optional",
    baseExample: "http://127.0.0.1:1234/v1",
    note: ["Switch on “Enable CORS” in LM Studio's server settings."],
  },
  {
    id: "vllm",
    label: "vLLM",
    models: [],
    key: "optional",
    base: "optional",
    baseExample: "http://127.0.0.1:8000/v1",
    note: ["Start vLLM with --allowed-origins and this page's origin."],
  },
];
