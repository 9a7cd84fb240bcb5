"""Prepares the tools and the output schema of a request for a provider, and restores the caller's names in the answer."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any

from ...core.completion import Completion, CompletionRequest, OutputSchema, ToolDefinition
from ...core.events import Event, ToolCallDelta, ToolCallDone
from ...core.json_text import MAX_DEPTH
from ...core.messages import Message, ToolCall, ToolOutput
from .closing import STRUCTURAL, NoClosedForm, close, is_closed
from .lowering import Lowering, TooDeep
from .plain import PlainSchema, is_names
from .root import Unofferable, fold_root
from .rules import SchemaRules, SchemaSupport

DEEPEST = 40
PROMPT_FORMAT = re.compile(r"^\s*(?:functions|tools|default_api)[.:/]|\s*<\|.*", re.DOTALL)
"""Around a name: the namespace in which a model saw its tools, and special tokens, as in `functions.tide` and `tide<|channel|>json`."""


class Preparation:
    """A prepared request. request: what the wire format renders. warnings: tools that are not offered, and why."""

    def __init__(self, request: CompletionRequest, support: SchemaSupport, model: str) -> None:
        self._support = support
        self._rules = next((rules for pattern, rules in support.older if re.search(pattern, model)), support.tools)
        self._to_provider: dict[str, str] = {}
        self._offered: dict[str, str] = {}
        self._properties: dict[str, dict[str, str]] = {}
        self.warnings: tuple[str, ...] = ()
        tools = [prepared for tool in request.tools if (prepared := self._tool(tool))]
        changes: dict[str, Any] = {}
        if list(request.tools) != tools:
            changes["tools"] = tuple(tools)
        if request.output:
            changes["output"] = self._output(request.output)
        forced = request.forced_tool
        if forced and forced not in self._to_provider and any(tool.name == forced for tool in request.tools):
            changes["tool_choice"] = None
        elif forced and self._name(forced) != forced:
            changes["tool_choice"] = {"name": self._name(forced)}
        if self._renames(request.messages):
            changes["messages"] = tuple(map(self._rename, request.messages))
        if request.tools and not tools:
            changes["tool_choice"] = None
        self.request = request.replace(**changes) if changes else request

    def restore[E: Event | Completion](self, item: E) -> E:
        """Returns an event or the answer with the caller's names of tools and of their arguments."""
        match item:
            case ToolCallDelta(_, name) if (known := self._known(name)) != name:
                return item.replace(name=known)
            case ToolCallDone():
                call = self._restored(ToolCall(item.id, item.name, item.arguments))
                return item.replace(name=call.name, arguments=call.arguments)
            case Completion() if item.tool_calls:
                parts = tuple(self._restored(part) if isinstance(part, ToolCall) else part for part in item.message.content)
                return item.replace(message=item.message.replace(content=parts))
        return item

    def _restored(self, call: ToolCall) -> ToolCall:
        name = self._known(call.name)
        names = self._properties.get(name)
        arguments = _renamed(call.arguments, names) if names else call.arguments
        return call if (name, arguments) == (call.name, call.arguments) else call.replace(name=name, arguments=arguments)

    def _known(self, name: str) -> str:
        """Returns the caller's name of an offered tool, also where the model wrote it with marks of its own prompt format."""
        return self._offered.get(name) or self._offered.get(PROMPT_FORMAT.sub("", name).strip(), name)

    def _tool(self, tool: ToolDefinition) -> ToolDefinition | None:
        try:
            parameters, strict = self._parameters(tool)
        except Unofferable as reason:
            self.warnings = (*self.warnings, f"the tool {tool.name} is not offered to the model: {reason}")
            return None
        return tool.replace(name=self._offer(tool.name), parameters=parameters, strict=strict)

    def _parameters(self, tool: ToolDefinition) -> tuple[dict[str, Any], bool | None]:
        _check_json(tool.parameters)
        plain = PlainSchema(tool.parameters, DEEPEST)
        root = fold_root(plain.root, plain.defs)
        rules, strict = self._rules, self._support.strict
        root = self._with_property_names(tool.name, root, rules)
        wanted = tool.strict
        if wanted is None:
            wanted = self._support.strict_by_default and is_closed(root) and is_closed(list(plain.defs.values()))
        if strict and wanted:
            closed = closed_form(root, plain.defs, strict)
            if closed is not None:
                return unless_same(tool.parameters, closed, strict), True
        lowered = Lowering(rules, plain.defs).document(root)
        return unless_same(tool.parameters, lowered, rules), False if strict else tool.strict

    def _output(self, output: OutputSchema) -> OutputSchema:
        plain = PlainSchema(output.schema, DEEPEST)
        root, strict = _root_of(plain), self._support.strict
        closed = closed_form(root, plain.defs, strict) if strict and (output.strict or self._support.output is None) else None
        if strict and closed is not None:
            return output.replace(schema=unless_same(output.schema, closed, strict), strict=True)
        rules = self._support.output or self._support.tools
        lowered = Lowering(rules, plain.defs).document(root)
        return output.replace(schema=unless_same(output.schema, lowered, rules), strict=False)

    def _offer(self, name: str) -> str:
        """Returns a name for a tool that the provider accepts and that no other tool has."""
        offered, count = self._fitting(name), 0
        while offered in self._offered:
            count += 1
            offered = self._shortened(self._fitting(name), f"{name} {count}")
        self._offered[offered] = name
        self._to_provider.setdefault(name, offered)
        return offered

    def _fitting(self, name: str) -> str:
        support = self._support
        if re.fullmatch(support.name, name) and len(name) <= support.longest_name:
            return name
        fitting = "".join(character if re.fullmatch(support.name, f"a{character}") else "_" for character in name) or "tool"
        fitting = fitting if re.fullmatch(support.name, fitting) else f"t_{fitting}"
        return fitting if len(fitting) <= support.longest_name else self._shortened(fitting, name)

    def _shortened(self, name: str, seed: str) -> str:
        return f"{name[: self._support.longest_name - 9]}_{zlib.crc32(seed.encode('utf-8', 'surrogatepass')):08x}"

    def _name(self, name: str) -> str:
        return self._to_provider.get(name) or self._fitting(name)

    def _renames(self, messages: Iterable[Message]) -> bool:
        return any(
            isinstance(part, ToolCall | ToolOutput) and part.name and self._name(part.name) != part.name
            for message in messages
            for part in message.content
        )

    def _rename(self, message: Message) -> Message:
        parts = (
            part.replace(name=self._name(part.name)) if isinstance(part, ToolCall | ToolOutput) and part.name else part
            for part in message.content
        )
        return message.replace(content=tuple(parts))

    def _with_property_names(self, tool: str, root: dict[str, Any], rules: SchemaRules) -> dict[str, Any]:
        """Returns the root with property names that the provider accepts."""
        names = root.get("properties") or {}
        wrong = [name for name in names if rules.property_names and not re.fullmatch(rules.property_names, name)]
        if not wrong:
            return root
        new: dict[str, str] = {}
        for name in wrong:
            fitting = re.sub(r"[^a-zA-Z0-9_.-]", "_", name)[:55] or "_"
            while fitting in names or fitting in new.values():
                fitting = f"{fitting[:55]}_{zlib.crc32(f'{name} {len(new)}'.encode('utf-8', 'surrogatepass')):08x}"
            new[name] = fitting
        self._properties[tool] = {fitting: name for name, fitting in new.items()}
        required = [new.get(name, name) for name in root.get("required", ())]
        return root | {"properties": _renamed(names, new)} | ({"required": required} if required else {})


def _check_json(parameters: Any) -> None:
    """Raises Unofferable for values that JSON cannot hold, and for parameters that nest deeper than JSON from outside may."""
    work = [(parameters, 0)]
    while work:
        value, depth = work.pop()
        if depth > MAX_DEPTH:
            raise Unofferable(f"its parameters are nested more than {MAX_DEPTH} deep, or contain themselves")
        if isinstance(value, Mapping):
            if not all(isinstance(name, str) for name in value):
                raise Unofferable("its parameters are not JSON: a name that is no text")
            work += ((item, depth + 1) for item in value.values())
        elif isinstance(value, list | tuple):
            work += ((item, depth + 1) for item in value)
        elif isinstance(value, float) and not isfinite(value):
            raise Unofferable(f"its parameters are not JSON: {value}")
        elif value is not None and not isinstance(value, str | int | float):
            raise Unofferable(f"its parameters are not JSON: {type(value).__name__}")


def closed_form(root: Mapping[str, Any], defs: Mapping[str, Any], rules: SchemaRules) -> dict[str, Any] | None:
    """Returns the closed form of a normalised schema, or None."""
    try:
        return close(Lowering(rules, defs, STRUCTURAL).document(root), rules)
    except (NoClosedForm, TooDeep):
        return None


def has_output_form(schema: Mapping[str, Any], support: SchemaSupport) -> bool:
    """Returns whether the provider's structured output accepts the schema."""
    if support.output is not None or support.strict is None:
        return True
    plain = PlainSchema(schema, DEEPEST)
    return closed_form(_root_of(plain), plain.defs, support.strict) is not None


def unless_same(given: Mapping[str, Any], prepared: dict[str, Any], rules: SchemaRules) -> dict[str, Any]:
    """Returns the caller's schema if it means the same as the prepared one; so schemas that a provider accepts are sent unchanged."""
    if not rules.references or not isinstance(given, Mapping):
        return prepared
    used = prepared.get("$defs") or {}
    defs = {name: schema for name, schema in (given.get("$defs") or {}).items() if name in used}
    trimmed = {key: value for key, value in given.items() if key not in ("$defs", "definitions")} | ({"$defs": defs} if defs else {})
    return dict(given) if _essence(trimmed) == _essence(prepared) else prepared


def _essence(schema: Any, inside: str = "") -> Any:
    """Returns a schema without `$schema`, without empty `required` and with `required` sorted, for comparisons."""
    if isinstance(schema, list):
        return [_essence(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    if inside in ("enum", "const", "default", "examples"):
        return schema
    named = inside in ("properties", "patternProperties", "dependentSchemas", "$defs")
    out = {key: _essence(value, "" if named else key) for key, value in schema.items() if named or key != "$schema"}
    if not named and is_names(out.get("required")):
        out["required"] = sorted(out["required"])
        if not out["required"]:
            del out["required"]
    return out


def _root_of(plain: PlainSchema) -> dict[str, Any]:
    try:
        return fold_root(plain.root, plain.defs)
    except Unofferable:
        return plain.root


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    return {names.get(key, key): item for key, item in value.items()} if isinstance(value, Mapping) else value
