"""Made by tools/catalog.py of litellm 1.110.2; not to be edited."""

MODELS: dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]] = {
    "c4ai-aya-expanse-32b": (128000, 4000, 0.5, 1.5, None, "", "", ""),
    "command-a-03-2025": (256000, 8000, 2.5, 10.0, None, "", "t", ""),
    "command-a-plus-05-2026": (128000, 64000, 0.0, 0.0, None, "i", "tsr", ""),
    "command-r-08-2024": (128000, 4096, 0.15, 0.6, None, "", "t", ""),
    "command-r-plus-08-2024": (128000, 4096, 2.5, 10.0, None, "", "t", ""),
    "command-r7b-12-2024": (128000, 4096, 0.0375, 0.15, None, "", "t", ""),
}
