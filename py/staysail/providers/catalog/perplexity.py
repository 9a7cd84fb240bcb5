"""Made by tools/catalog.py of litellm 1.110.2; not to be edited."""

MODELS: dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]] = {
    "perplexity/sonar": (None, None, 0.25, 2.5, 0.0625, "", "tw", ""),
    "sonar": (128000, 128000, 1.0, 1.0, None, "", "w", ""),
    "sonar-deep-research": (128000, 128000, 2.0, 8.0, None, "", "rw", ""),
    "sonar-medium-chat": (16384, 16384, 0.6, 1.8, None, "", "", ""),
    "sonar-medium-online": (12000, 12000, 0, 1.8, None, "", "", ""),
    "sonar-pro": (200000, 8000, 3.0, 15.0, None, "", "w", ""),
    "sonar-reasoning": (128000, 128000, 1.0, 5.0, None, "", "rw", ""),
    "sonar-reasoning-pro": (128000, 128000, 2.0, 8.0, None, "", "rw", ""),
    "sonar-small-chat": (16384, 16384, 0.07, 0.28, None, "", "", ""),
    "sonar-small-online": (12000, 12000, 0, 0.28, None, "", "", ""),
}
