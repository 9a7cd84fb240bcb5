"""Made by tools/catalog.py of litellm 1.110.2; not to be edited."""

MODELS: dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]] = {
    "NousResearch/Hermes-3-Llama-3.1-70B": (32768, 32768, 0.12, 0.3, None, "", "t", ""),
    "Qwen/QwQ-32B": (131072, 131072, 0.2, 0.2, None, "", "t", ""),
    "Qwen/Qwen2.5-72B-Instruct": (131072, 131072, 0.12, 0.3, None, "", "t", ""),
    "Qwen/Qwen2.5-Coder-32B-Instruct": (32768, 32768, 0.12, 0.3, None, "", "t", ""),
    "Qwen/Qwen3-235B-A22B": (131072, 131072, 2.0, 2.0, None, "", "t", ""),
    "deepseek-ai/DeepSeek-R1": (32768, 32768, 0.4, 0.4, None, "", "t", ""),
    "deepseek-ai/DeepSeek-R1-0528": (131072, 131072, 0.25, 0.25, None, "", "t", ""),
    "deepseek-ai/DeepSeek-V3": (32768, 32768, 0.2, 0.2, None, "", "t", ""),
    "deepseek-ai/DeepSeek-V3-0324": (32768, 32768, 0.4, 0.4, None, "", "t", ""),
    "meta-llama/Llama-3.2-3B-Instruct": (32768, 32768, 0.12, 0.3, None, "", "t", ""),
    "meta-llama/Llama-3.3-70B-Instruct": (131072, 131072, 0.12, 0.3, None, "", "t", ""),
    "meta-llama/Meta-Llama-3-70B-Instruct": (131072, 131072, 0.12, 0.3, None, "", "t", ""),
    "meta-llama/Meta-Llama-3.1-405B-Instruct": (32768, 32768, 0.12, 0.3, None, "", "t", ""),
    "meta-llama/Meta-Llama-3.1-70B-Instruct": (32768, 32768, 0.12, 0.3, None, "", "t", ""),
    "meta-llama/Meta-Llama-3.1-8B-Instruct": (32768, 32768, 0.12, 0.3, None, "", "t", ""),
    "moonshotai/Kimi-K2-Instruct": (131072, 131072, 2.0, 2.0, None, "", "t", ""),
}
