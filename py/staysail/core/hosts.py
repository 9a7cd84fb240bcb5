"""The pattern of host names in grants and allow-lists."""

from __future__ import annotations

import re

HOST = re.compile(r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
"""A name in lower case such as api.example.org, *.example.org for every name below it, or an address in brackets; a port may follow."""
