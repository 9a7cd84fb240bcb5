"""Made by tools/catalog.py of litellm 1.110.2; not to be edited."""

MODELS: dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]] = {
    "deepseek-chat": (131072, 8192, 0.28, 0.42, 0.028, "", "ts", "2026-07-24"),
    "deepseek-flash": (1000000, 393216, 0.3, 1.2, 0.006, "i", "tsr", ""),
    "deepseek-reasoner": (131072, 65536, 0.28, 0.42, 0.028, "", "sr", "2026-07-24"),
    "deepseek-v4-flash": (1000000, 393216, 0.3, 1.2, 0.006, "i", "tsr", ""),
    "deepseek-v4-pro": (1000000, 393216, 1.32, 3.96, 0.044, "", "tsr", ""),
    "deepseek-coder": (128000, 4096, 0.14, 0.28, 0.014, "", "t", ""),
    "deepseek-r1": (65536, 8192, 0.55, 2.19, 0.14, "", "tr", ""),
    "deepseek-v3": (65536, 8192, 0.27, 1.1, 0.07, "", "t", ""),
    "deepseek-v3.2": (163840, 163840, 0.28, 0.4, 0.028, "", "tr", ""),
}
