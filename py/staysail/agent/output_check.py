"""The caller's own check of a run's output."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..core.errors import ConfigError, OutputError, StaysailError, ToolError
from ..core.functions import required_parameters, run
from ..core.log import log
from .context import RunContext

type OutputCheck = Callable[..., Any]
"""A function, async or not, of the output, or of the RunContext and the output. It raises what the model shall correct."""


def check_output_check(check: Any) -> None:
    """Raises ConfigError for an option that is no function of one or two arguments."""
    if check is not None and not (callable(check) and required_parameters(check) in (1, 2)):
        raise ConfigError("output_check is a function of the output, or of the context and the output")


async def find_objection(check: OutputCheck, context: RunContext, output: Any) -> str | None:
    """Returns the text of the exception that the check raises, for the model; None where it accepts the output. Errors of staysail other
    than ToolError and OutputError are no objection and are raised."""
    arguments = (context, output) if required_parameters(check) == 2 else (output,)
    try:
        answer = await run(check, *arguments)
    except (ToolError, OutputError) as error:
        return str(error)
    except StaysailError:
        raise
    except (ValueError, AssertionError) as error:
        return str(error) or type(error).__name__
    except Exception as error:  # noqa: BLE001  the caller's function may raise anything, as a tool may
        log.warning("output_check raised %s", type(error).__name__, exc_info=error)
        return f"{type(error).__name__}: {error}"
    if answer is not None and answer is not output:
        raise ConfigError(f"output_check returned {answer!r:.80}; it raises to refuse the output, and otherwise returns nothing")
    return None
