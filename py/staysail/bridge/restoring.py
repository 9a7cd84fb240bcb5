"""An interpreter whose memory is saved by the build and restored by each page: the imports before saving, the renewal after restoring.

The hash secret cannot be renewed: all pages that restore one snapshot have the same.
"""

from __future__ import annotations

import gc
import os
import random
import time
from importlib import import_module
from pkgutil import iter_modules

from .. import providers
from ..core.json_text import read_json

FIRST_NEEDS = ("staysail.bridge", "staysail.host.fetch_transport", "staysail.host.timers", "staysail.host.persistence")
VECTORS = (
    "staysail.stores.vector_store",
    "staysail.host.kernel",
    "staysail.host.opfs",
)  # a start is hardly longer for them, a first search is shorter


def import_first_needs() -> None:
    """Imports the modules that a start and a first prompt to any provider need: nothing compiled, and nothing that holds a JavaScript
    object."""
    for name in (*FIRST_NEEDS, *VECTORS):
        import_module(name)
    for module in iter_modules(providers.__path__):
        import_module(f"{providers.__name__}.{module.name}")
    gc.collect()
    gc.freeze()  # so that no collection of a page goes through what all of them are made of, some 80,000 objects


def renew(environment: str) -> None:
    """Replaces the state of the build's machine. environment: a JSON object of this interpreter's variables."""
    random.seed()
    os.environ.update(read_json(environment))
    _set_time_zone()


def _set_time_zone() -> None:
    """Sets the constants of `time`, as CPython does when it starts; Pyodide has no `tzset`. The zone's name stays that of the build."""
    year = time.localtime().tm_year
    halves = [time.localtime(time.mktime((year, month, 1, 0, 0, 0, 0, 0, -1))) for month in (1, 7)]
    standard, summer = sorted(halves, key=lambda moment: moment.tm_gmtoff)
    constants = {
        "timezone": -standard.tm_gmtoff,
        "altzone": -summer.tm_gmtoff,
        "daylight": int(standard.tm_gmtoff != summer.tm_gmtoff),
    }
    vars(time).update(constants)
