"""Secrets of any characters, echoed through every change that servers and libraries make, one upon another."""

import base64
import html
import json
from collections.abc import Callable
from random import Random
from urllib.parse import quote, quote_plus

from staysail.core.secrets import REMOVED, redact

ALPHABET = "abcXYZ0189-_./+=&%?\"'\\ <>{}:;,~é€😀"
CHANGES: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "bearer": lambda text: f"Bearer {text}",
    "quoted": lambda text: quote(text, safe=""),
    "quoted but slashes": quote,
    "form": quote_plus,
    "json": json.dumps,
    "json of php": lambda text: json.dumps(text).replace("/", "\\/"),
    "json in json": lambda text: json.dumps(json.dumps(text)),
    "html": html.escape,
    "json in utf-8": lambda text: json.dumps(text, ensure_ascii=False),
    "repr": repr,
    "basic": lambda text: base64.b64encode(f"user:{text}".encode()).decode(),
    "base64": lambda text: base64.b64encode(f"xy{text}z".encode()).decode(),
    "base64 of urls": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "quoted twice": lambda text: quote(quote(text, safe=""), safe=""),
    "quoted in base64": lambda text: base64.b64encode(f"key={quote(text, safe='')}".encode()).decode(),
}


def secret_of(random: Random) -> str:
    return "".join(random.choices(ALPHABET, k=random.randrange(12, 60))).strip().ljust(12, "k")


def test_no_echo_keeps_half_a_secret(attack):
    for random in attack.random("echoes", least=200):
        secret = secret_of(random)
        name = random.choice(list(CHANGES))
        before, after = (" ".join(random.choices(["key", "is", "wrong:", "{", "&a=", "\n"], k=random.randrange(4))) for _ in range(2))
        echo = CHANGES[name](secret)
        cleaned = redact(f"{before} {echo} {after}", (secret,))
        assert REMOVED in cleaned, (name, secret)
        pieces = cleaned.replace(before, "").split(REMOVED)
        for start in range(len(echo) - len(echo) // 2):
            assert not any(echo[start : start + len(echo) // 2] in piece for piece in pieces), (name, secret, cleaned)
