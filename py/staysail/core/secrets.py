"""The secrets of this process, and their removal from whatever goes out: errors, reprs, traces, logs, records, recordings.

Every key that is given, every secret header of a request and every password in an address is remembered here, in the forms that servers
and libraries repeat it in; `redact` removes them all. Errors of this package redact themselves.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

REMOVED = "[key removed]"
SHORTEST = 8
"""Characters of a secret that is remembered. A shorter one ("test", as local servers are given) would garble other texts."""
MOST_SECRETS = 4096
"""Remembered at once; the oldest are forgotten first, as tokens that are renewed every hour are."""

MOST_LEVELS = 200
"""The most levels of a value that is redacted; the limit also ends a value that holds itself."""

BEYOND_CUT = 64 * 1024
"""Characters beyond a cut that are searched for secrets too."""

WORDS = ("auth", "key", "token", "cookie", "secret", "passw", "credential", "signature")
PUBLIC = frozenset({"idempotency-key", "sec-websocket-key", "max_tokens"})
KEY_PREFIX = re.compile(r"(?:sk|pk|rk|gsk|xai|hf|r8|pplx|key|gh[pousr]|github|glpat|xox[a-z]|AIza|ya29|eyJ|Bearer|Basic|Token)[-_. A-Z0-9]")
UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
ESCAPE = re.compile(r"(?:%[0-9A-Fa-f]{2})+")

_forms: dict[str, tuple[str, ...]] = {}


def is_secret(name: str) -> bool:
    """Returns whether a header or a query parameter of this name may hold a secret."""
    name = name.lower()
    return name not in PUBLIC and any(word in name for word in WORDS)


def holds_secret(name: str, value: str) -> bool:
    """Returns whether a header may hold a secret, by its name or by the look of its value."""
    return is_secret(name) or bool(KEY_PREFIX.match(value.strip()))


def remember(*secrets: str | None) -> None:
    """Adds secrets to those that `redact` removes. Short ones are left out."""
    for secret in secrets:
        secret = (secret or "").strip()
        if len(secret) < SHORTEST or secret in _forms:
            continue
        _forms[secret] = _spellings(secret)
        if len(_forms) > MOST_SECRETS:
            del _forms[next(iter(_forms))]


def remember_request(url: str, headers: Mapping[str, str]) -> None:
    """Adds the secrets of an address (password, secret query parameters) and of headers, with and without their scheme ("Bearer")."""
    remember(
        *secrets_of_url(url),
        *(secret for name, value in headers.items() if holds_secret(name, value) for secret in secrets_of_header(value)),
    )


def secrets_of_header(value: str) -> tuple[str, ...]:
    """A header's value, its credential without the scheme, the password of basic credentials, and the values of cookies."""
    scheme, _, credential = value.strip().partition(" ")
    found = [credential.strip() if len(credential) >= SHORTEST else value.strip(), credential.strip()]
    if scheme.lower() == "basic":
        found += _basic(credential)
    found += [item.partition("=")[2].strip() for item in value.split(";") if "=" in item]
    return tuple(filter(None, found))


def secrets_of_url(url: str) -> tuple[str, ...]:
    """The password of an address, with the forms it takes in a header, and its secret query parameters."""
    address, _, query = url.partition("#")[0].partition("?")
    user_info, at, _ = address.partition("://")[2].partition("/")[0].rpartition("@")
    fields = (field.partition("=") for field in query.split("&"))
    found = [_unquote(value.replace("+", " ")) for name, _, value in fields if is_secret(name)]
    if at:
        user, _, password = (_unquote(part) for part in user_info.partition(":"))
        pair = f"{user}:{password}"
        found += [password or user, pair, b64encode(pair.encode("utf-8", "replace")).decode()]
    return tuple(filter(None, found))


def redact[T](value: T, secrets: tuple[str, ...] = ()) -> T:
    """Returns `value` without the secrets of this process and those given here, in strings at any depth. Short ones that are given here
    are removed where they stand as words."""
    short = [re.escape(secret) for secret in sorted(secrets, key=len, reverse=True) if 0 < len(secret) < SHORTEST]
    long = [form for secret in secrets if len(secret) >= SHORTEST and secret not in _forms for form in _spellings(secret)]
    if not (short or long or _forms):
        return value
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(short)})(?!\w)") if short else None
    cleaned: T = _redact(value, sorted(long, key=len, reverse=True), pattern, {})
    return cleaned


def excerpt(text: str, most: int) -> str:
    """Returns the first `most` characters of a text without this process's secrets. They are removed first: half a key, as a cut leaves
    it, would not be found."""
    return redact(text[: most + BEYOND_CUT])[:most]


def shown(text: Any) -> str:
    """A wrong value as an error may show it: not where it could be a key, which people paste into the wrong place."""
    if not isinstance(text, str):
        return repr(text)
    if len(text) <= 24 and not KEY_PREFIX.match(text) and sum(map(str.isdigit, text)) < 6:
        return repr(redact(text))
    return f"a text of {len(text)} characters"


def _redact(value: Any, long: list[str], short: re.Pattern[str] | None, seen: dict[int, Any], depth: int = 0) -> Any:
    """seen: what became of each list and mapping, so that one that stands in many places is walked once."""
    if isinstance(value, str):
        return _redact_text(value, long, short)
    if not isinstance(value, Mapping | list | tuple):
        return value
    if depth > MOST_LEVELS:
        return "[too deep]"
    if id(value) not in seen:
        if isinstance(value, Mapping):
            fields: dict[Any, Any] = {}
            seen[id(value)] = fields
            for key, item in value.items():
                fields[_redact(key, long, short, seen, depth)] = _redact(item, long, short, seen, depth + 1)
        else:
            items: list[Any] = []
            seen[id(value)] = items
            items.extend(_redact(item, long, short, seen, depth + 1) for item in value)
    return seen[id(value)]


def _redact_text(text: str, long: list[str], short: re.Pattern[str] | None) -> str:
    for forms in _forms.values():
        for form in forms:
            if form in text:
                text = text.replace(form, REMOVED)
    for form in long:
        if form in text:
            text = text.replace(form, REMOVED)
    return short.sub(REMOVED, text) if short else text


def _spellings(secret: str) -> tuple[str, ...]:
    """A secret as it is, in an address, in JSON, in Python's repr, in HTML, and in base64 of any text around it, longest first."""
    quoted = _quote(secret)
    forms = {*_in_json(secret), *map(_json, _in_json(secret)), repr(secret)[1:-1], quoted.replace("%20", "+"), *_in_html(secret)}
    for text in {secret, quoted, quoted.replace("%2F", "/"), ESCAPE.sub(lambda found: found[0].lower(), quoted)}:
        # An address is quoted once more when it stands in another.
        forms |= {text, _quote(text), _quote(text).replace("%2F", "/"), *_in_base64(text.encode("utf-8", "surrogatepass"))}
    return tuple(sorted(forms, key=len, reverse=True))


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _in_json(secret: str) -> set[str]:
    """A secret in JSON of Python and JavaScript, of PHP, which escapes slashes, and of .NET and Go, which escape marks of HTML too."""
    plain = {json.dumps(secret)[1:-1], _json(secret)}
    careful = {re.sub(marks, lambda found: f"\\u{ord(found[0]):04X}", text) for text in plain for marks in ("[&<>]", "[&<>+'`]")}
    careful |= {text.replace('\\"', "\\u0022") for text in careful}
    careful |= {re.sub("[&<>]", lambda found: f"\\u{ord(found[0]):04x}", text) for text in plain}
    return plain | careful | {text.replace("/", "\\/") for text in plain}


def _in_html(secret: str) -> set[str]:
    text = escape(secret)
    return {escape(secret, quote=False), text, text.replace("&#x27;", "&#39;").replace("&quot;", "&#34;"), text.replace("&#x27;", "&#039;")}


def _in_base64(data: bytes) -> Iterator[str]:
    """The characters that only these bytes decide, at each of the three places where they may begin; in both alphabets."""
    for shift in range(3):
        text = b64encode(bytes(shift) + data + bytes(2)).decode()
        core = text[-(-shift * 8 // 6) : (shift + len(data)) * 8 // 6]
        yield core
        yield core.replace("+", "-").replace("/", "_")


def _quote(text: str) -> str:
    return "".join(c if c in UNRESERVED else "".join(f"%{byte:02X}" for byte in c.encode("utf-8", "replace")) for c in text)


def _unquote(text: str) -> str:
    return ESCAPE.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode("utf-8", "replace"), text)


def _basic(credential: str) -> list[str]:
    try:
        pair = b64decode(credential, validate=True).decode()
    except ValueError:
        return []
    return [pair, pair.partition(":")[2] or pair]
