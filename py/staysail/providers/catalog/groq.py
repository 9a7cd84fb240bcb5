"""Made by tools/catalog.py of litellm 1.110.2; not to be edited."""

MODELS: dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]] = {
    "meta-llama/llama-prompt-guard-2-22m": (512, 512, 0.03, 0.03, None, "", "", ""),
    "meta-llama/llama-prompt-guard-2-86m": (512, 512, 0.04, 0.04, None, "", "", ""),
    "openai/gpt-oss-120b": (131072, 65536, 0.15, 0.6, 0.075, "", "tsrw", ""),
    "openai/gpt-oss-20b": (131072, 65536, 0.075, 0.3, 0.0375, "", "tsrw", ""),
    "openai/gpt-oss-safeguard-20b": (131072, 65536, 0.075, 0.3, 0.037, "", "tsrw", ""),
    "qwen/qwen3.8-27b": (131072, 16384, 0.8, 4.0, None, "i", "tsr", ""),
}
