"""Durations in JSON Schema's format `duration`. https://www.rfc-editor.org/rfc/rfc3339#appendix-A"""

from __future__ import annotations

import re
from typing import Any

UNITS = {"W": 604_800, "D": 86_400, "H": 3_600, "M": 60, "S": 1}
NUMBER = r"\d{1,15}(?:\.\d{1,9})?"


def read_duration(text: str) -> float:
    """Returns the seconds of `P1DT2H30M`, `1:30:00` or `90`. Raises ValueError, also for years and months, whose length varies."""
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-")
    if re.fullmatch(NUMBER, text):
        return sign * float(text)
    if clock := re.fullmatch(r"(\d{1,9}):(\d\d):(\d\d(?:\.\d{1,9})?)", text):
        return sign * (int(clock[1]) * 3_600 + int(clock[2]) * 60 + float(clock[3]))
    pattern = rf"P(?:({NUMBER})W)?(?:({NUMBER})D)?(?:T(?:({NUMBER})H)?(?:({NUMBER})M)?(?:({NUMBER})S)?)?"
    parts = re.fullmatch(pattern, text)
    if parts is None or text.endswith(("P", "T")):
        raise ValueError(f"{text!r} is no duration such as P1DT2H30M")
    return sign * sum(float(number) * seconds for number, seconds in zip(parts.groups(), UNITS.values(), strict=True) if number)


def write_duration(value: Any) -> str:
    """Returns a timedelta as text such as `P1DT2H30M`."""
    microseconds = (value.days * 86_400 + value.seconds) * 1_000_000 + value.microseconds
    sign, microseconds = ("-", -microseconds) if microseconds < 0 else ("", microseconds)
    days, rest = divmod(microseconds, 86_400_000_000)
    hours, rest = divmod(rest, 3_600_000_000)
    minutes, rest = divmod(rest, 60_000_000)
    seconds = f"{rest / 1_000_000:.6f}".rstrip("0").rstrip(".")
    time = "".join(f"{number}{unit}" for number, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if number not in (0, "0"))
    date = f"{days}D" if days else ""
    return f"{sign}P{date}{'T' + time if time else ''}" if date or time else "PT0S"
