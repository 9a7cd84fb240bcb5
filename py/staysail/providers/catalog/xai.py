"""Made by tools/catalog.py of litellm 1.110.2; not to be edited."""

MODELS: dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]] = {
    "grok-4.20": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsrw", ""),
    "grok-4.20-0309-non-reasoning": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsw", ""),
    "grok-4.20-beta-0309-non-reasoning": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsw", ""),
    "grok-4.20-beta-latest-non-reasoning": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsw", ""),
    "grok-4.20-beta-non-reasoning": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsw", ""),
    "grok-4.20-experimental-beta-0304-non-reasoning": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsw", ""),
    "grok-4.20-experimental-beta-non-reasoning-latest": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsw", ""),
    "grok-4.20-multi-agent": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "srw", ""),
    "grok-4.20-non-reasoning": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsw", ""),
    "grok-4.3": (1000000, 1000000, 1.25, 2.5, 0.2, "i", "tsrw", ""),
    "grok-4.5": (500000, 500000, 2.0, 6.0, 0.3, "i", "tsrw", ""),
    "grok-4.6": (500000, 500000, 2.0, 6.0, 0.5, "i", "tsrw", ""),
    "grok-4.7": (500000, 500000, 2.0, 6.0, 0.5, "i", "tsrw", ""),
    "grok-build-0.1": (256000, 256000, 1.0, 2.0, 0.2, "i", "tsr", ""),
    "grok-build-latest": (500000, 500000, 2.0, 6.0, 0.3, "i", "tsrw", ""),
    "grok-code-fast": (256000, 256000, 1.0, 2.0, 0.2, "i", "tsr", ""),
    "grok-code-fast-1": (256000, 256000, 1.0, 2.0, 0.2, "i", "tsr", "2026-05-15"),
}
