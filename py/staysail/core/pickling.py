"""Keeps secrets out of pickles: anyone who can read the file, or the process that it is sent to, would have the key."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import ConfigError
from .secrets import holds_secret, secrets_of_url
from .value import NOTHING


def refuse_secrets(what: str, headers: Mapping[str, str] = NOTHING, url: str = "") -> None:
    """Raises ConfigError where a header or an address that is to be pickled holds a secret: nothing could bring it back.

    Args:
        what: Names the owner in the error: "a model of openai".
    """
    hidden = next((f"its header {name}" for name, value in headers.items() if holds_secret(name, value)), None)
    if hidden or secrets_of_url(url):
        raise ConfigError(
            f"{what} cannot be pickled: {hidden or 'its address'} holds a secret, which no pickle may. Make it anew where it is needed, or "
            "give a model's key as api_key, which is left out of the pickle and read from the environment again"
        )
