"""Made by tools/catalog.py of litellm 1.110.2; not to be edited."""

MODELS: dict[str, tuple[int | None, int | None, float | None, float | None, float | None, str, str, str]] = {
    "kimi-k2.5": (262144, 262144, 0.6, 3.0, 0.1, "iv", "tsr", "2026-08-31"),
    "kimi-k2.6": (262144, 262144, 0.95, 4.0, 0.16, "iv", "tsr", ""),
    "kimi-k2.7-code": (262144, 262144, 0.95, 4.0, 0.19, "iv", "tsr", ""),
    "kimi-k3": (1048576, 1048576, 3.0, 15.0, 0.3, "iv", "tsr", ""),
    "kimi-k3.1-pro": (1048576, 1048576, 2.0, 10.0, 0.2, "i", "tsr", ""),
    "kimi-k3.1-pro-highspeed": (1048576, 1048576, 4.0, 20.0, 0.2, "i", "tsr", ""),
    "moonshot-v1-128k": (131072, 131072, 2.0, 5.0, None, "", "ts", "2026-08-31"),
    "moonshot-v1-128k-vision-preview": (131072, 131072, 2.0, 5.0, None, "i", "ts", "2026-08-31"),
    "moonshot-v1-32k": (32768, 32768, 1.0, 3.0, None, "", "ts", "2026-08-31"),
    "moonshot-v1-32k-vision-preview": (32768, 32768, 1.0, 3.0, None, "i", "ts", "2026-08-31"),
    "moonshot-v1-8k": (8192, 8192, 0.2, 2.0, None, "", "ts", "2026-08-31"),
    "moonshot-v1-8k-vision-preview": (8192, 8192, 0.2, 2.0, None, "i", "ts", "2026-08-31"),
    "moonshot-v1-auto": (131072, 131072, 2.0, 5.0, None, "", "ts", "2026-08-31"),
}
