"""One request on its way to one model: fitted, its schemas prepared, rendered, and mended after a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.completion import Completion, CompletionRequest
from ..core.errors import BadRequestError
from ..core.events import Event, RequestAdjusted
from ..core.ports import ModelTraits
from .fitting import fit_request
from .format import ChatWire
from .learning import MOST_MENDS, apply_mends, find_mend, is_own, learned_mends, remember
from .native_tools import MAKERS as KNOWS_NATIVE
from .native_tools import refuse_screen
from .schemas.preparing import Preparation
from .schemas.rules import SchemaSupport


class Attempt:
    """One request in the form that is sent.

    Attributes:
        request: The caller's request, with the headers that its options need.
        body: The rendered body.
        warnings: Options and tools that the model does not receive.
        adjusted: The warnings as events.
    """

    def __init__(
        self,
        request: CompletionRequest,
        wire: ChatWire,
        dialect: Any,
        traits: ModelTraits,
        model: str,
        name: str,
        address: str,
        *,
        schemas: SchemaSupport,
        streamed: bool,
    ) -> None:
        fitted, warnings = fit_request(request, traits, name)
        if wire.name not in KNOWS_NATIVE:
            for tool in fitted.tools:
                refuse_screen(tool)
        self._prepared = Preparation(fitted, schemas, model)
        self.body: dict[str, Any] = wire.render(self._prepared.request, model, dialect, streamed=streamed)
        self.request = _add_headers(request, wire.headers(fitted) if hasattr(wire, "headers") else {})
        self._model, self._name, self._address = model, name, address
        self._mends = 0
        known = [mend for mend in apply_mends(self.body, learned_mends(address, model)) if not is_own(mend)]
        self.warnings = (*warnings, *self._prepared.warnings, *(mend.message for mend in known))
        self.adjusted = [RequestAdjusted(warning) for warning in self.warnings]

    def mend(self, error: BadRequestError) -> RequestAdjusted:
        """Changes the body as the refusal demands. Returns the event to report; raises the error where no change helps."""
        mend = find_mend(error, self.body, self._name) if error.status in (400, 422) and self._mends < MOST_MENDS else None
        if mend is None or not apply_mends(self.body, (mend,)):
            raise error
        self._mends += 1
        remember(self._address, self._model, mend)
        if not is_own(mend):
            self.warnings = (*self.warnings, mend.message)
        return RequestAdjusted(mend.message, learned=True)

    def restore(self, event: Event) -> Event:
        """Returns an event of the answer with the caller's tool names."""
        return self._prepared.restore(event)

    def attach(self, completion: Completion) -> Completion:
        """Returns the answer with the caller's tool names and this attempt's warnings."""
        completion = self._prepared.restore(completion)
        return completion.replace(warnings=(*self.warnings, *completion.warnings)) if self.warnings else completion


def _add_headers(request: CompletionRequest, headers: Mapping[str, str]) -> CompletionRequest:
    """Returns the request with more headers. A list that the caller sends too (anthropic-beta) is extended."""
    if not headers:
        return request
    given = {name.lower(): value for name, value in request.headers.items()}
    both = {
        name: ",".join(dict.fromkeys([*given.get(name, "").split(","), *value.split(",")])).strip(",") for name, value in headers.items()
    }
    return request.replace(headers=given | both)
