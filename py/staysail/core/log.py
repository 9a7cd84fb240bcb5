"""The logger "staysail", on which a program on a server hears of what went well only in the end.

    WARNING   a model call that is tried again or answered by another model, a tool that raised, a tool or stream of an MCP server that is
              left out, a server that is slow to answer first
    INFO      a tool call that was refused or failed, an option that a model does not get, an MCP session that is opened anew

Nothing is printed until the program configures logging. No record holds a secret. (asyncio imports logging, so it costs nothing here.)
"""

from __future__ import annotations

import logging

from .secrets import redact


def remove_secrets(record: logging.LogRecord) -> bool:
    """A filter that removes the secrets of this process from a record, its traceback included."""
    message = record.getMessage()
    cleaned = redact(message)
    if cleaned != message:
        record.msg, record.args = cleaned, ()
    if record.exc_info and not record.exc_text:
        record.exc_text = redact(logging.Formatter().formatException(record.exc_info))
    return True


log = logging.getLogger("staysail")
log.addHandler(logging.NullHandler())
log.addFilter(remove_secrets)
