"""An interpreter whose memory is kept by the build and restored by each page: what to import before, what to make anew after.

The hash secret cannot be made anew: every page that restores one snapshot has the same.
"""

from __future__ import annotations

import json
import os
import random
import time
from importlib import import_module

FIRST_NEEDS = (
    "staysail.bridge",
    "staysail.host.fetch_transport",
    "staysail.host.timers",
    "staysail.providers.openai",
    "staysail.wire.chat",
    "staysail.wire.responses",
)
"""What a start and a first prompt import. Nothing compiled, nothing that holds a JavaScript object."""


def import_first_needs() -> None:
    for name in FIRST_NEEDS:
        import_module(name)


def renew(environment: str) -> None:
    """Forgets what belonged to the machine of the build. environment: a JSON object of this interpreter's variables."""
    random.seed()
    os.environ.update(json.loads(environment))
    time.tzset()
