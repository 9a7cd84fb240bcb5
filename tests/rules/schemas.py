"""What providers refuse in the schemas of tools and of structured output, in their own words.

    find_refusal("openai", schema)                     # the provider's words, or None
    find_refusal("openai", schema, strict=True)

`check` looks at whole requests of every wire format. Written from the providers' documentation and from errors in public
reports, apart from staysail's own data, so that one can be wrong without the other.

OpenAI: https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
Azure: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/structured-outputs
Anthropic: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
Gemini: https://ai.google.dev/api/caching#Schema and https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
Cohere: https://docs.cohere.com/docs/structured-outputs
Moonshot: https://github.com/MoonshotAI/walle/blob/main/docs/mfjs-spec.md
llama.cpp: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError

from .rule import Refusal

type Path = tuple[str, ...]
type Found = Iterator[str]

CHOICES = ("anyOf", "oneOf", "allOf")
ONE = (
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
)
NAMED = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


def walk(schema: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every schema in a schema, with the path that leads to it."""
    yield path, schema
    if not isinstance(schema, Mapping):
        return
    for keyword, value in schema.items():
        if keyword in NAMED and isinstance(value, Mapping):
            for name, inner in value.items():
                yield from walk(inner, (*path, keyword, name))
        elif keyword in (*CHOICES, "prefixItems") and isinstance(value, list):
            for n, inner in enumerate(value):
                yield from walk(inner, (*path, keyword, str(n)))
        elif keyword in ONE and isinstance(value, Mapping | bool):
            yield from walk(value, (*path, keyword))


def is_object(schema: Any) -> bool:
    kinds = schema.get("type") if isinstance(schema, Mapping) else None
    return kinds == "object" or (isinstance(kinds, list) and "object" in kinds)


def is_array(schema: Any) -> bool:
    kinds = schema.get("type") if isinstance(schema, Mapping) else None
    return kinds == "array" or (isinstance(kinds, list) and "array" in kinds)


def invalid(schema: Any) -> str | None:
    """What is wrong with a schema by the meta-schema, as the jsonschema package says it."""
    try:
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(["regex"]))
    except SchemaError as error:
        return f"In context={tuple(map(str, error.path))}, {error.message}"
    return None


def unresolved(schema: Any) -> Iterator[str]:
    for _, inner in walk(schema):
        reference = inner.get("$ref") if isinstance(inner, Mapping) else None
        if reference is not None and not _leads(schema, str(reference)):
            yield str(reference)


def _leads(root: Any, reference: str) -> bool:
    if not reference.startswith("#"):
        return False
    here = root
    for step in filter(None, reference[1:].split("/")):
        if not isinstance(here, Mapping) or step not in here:
            return False
        here = here[step]
    return True


def openai(schema: Any) -> Found:
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        kind = schema.get("type") if isinstance(schema, Mapping) else schema
        yield f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
        return
    if any(keyword in schema for keyword in (*CHOICES, "enum", "not")):
        yield "schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level."
    if wrong := invalid(schema):
        yield wrong
        return
    for path, inner in walk(schema):
        if is_object(inner) and "properties" not in inner and not isinstance(inner.get("additionalProperties"), Mapping):
            yield f"In context={path}, object schema missing properties."
        if is_array(inner) and not {"items", "prefixItems"} & set(inner):
            yield f"In context={path}, array schema missing items."
    for reference in unresolved(schema):
        yield f"reference can only point to definitions defined at the top level of the schema, got {reference!r}."


STRICT_KEYWORDS = names(
    "type properties required additionalProperties items enum const anyOf $ref $defs definitions description title "
    "pattern format multipleOf maximum exclusiveMaximum minimum exclusiveMinimum minItems maxItems"
)
STRICT_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")


def strict(schema: Any, keywords: frozenset[str] = STRICT_KEYWORDS, levels: int = 10, most: int = 5_000) -> Found:
    yield from openai(schema)
    properties = values = 0
    for path, inner in walk(schema):
        if not isinstance(inner, Mapping):
            if path[-1:] != ("additionalProperties",):
                yield f"In context={path}, schema must be an object."
            continue
        for keyword in inner:
            if keyword not in keywords:
                yield f"In context={path}, '{keyword}' is not permitted."
        if is_object(inner):
            if inner.get("additionalProperties") is not False:
                yield f"In context={path}, 'additionalProperties' is required to be supplied and to be false."
            missing = set(inner.get("properties") or {}) ^ set(inner.get("required") or ())
            if missing:
                yield (
                    f"In context={path}, 'required' is required to be supplied and to be an array including every key in properties. "
                    f"Missing '{min(missing)}'."
                )
        if "$ref" in inner and len(inner) > 1:
            yield f"In context={path}, $ref cannot have keywords {set(inner) - {'$ref'}}."
        if not {"type", "$ref", "anyOf", "enum", "const"} & set(inner):
            yield f"In context={path}, schema must have a 'type' key."
        # gpt-4o took uint8 and double of numbers in recorded traffic.
        if inner.get("type") == "string" and inner.get("format") not in (None, *STRICT_FORMATS):
            yield f"In context={path}, '{inner['format']}' is not a valid format."
        if re.search(r"\(\?<?[=!]", str(inner.get("pattern", ""))):
            yield f"In context={path}, 'pattern' uses lookaround, which is not supported."
        properties += len(inner.get("properties") or {})
        values += len(inner.get("enum") or ())
        if path.count("properties") > levels:
            yield f"Schema exceeds the limit of {levels} levels of nesting."
    if properties > most:
        yield f"Schema exceeds the limit of {most} object properties."
    if values > 1_000:
        yield "Schema exceeds the limit of 1000 enum values."


AZURE_KEYWORDS = STRICT_KEYWORDS - names("pattern format minimum maximum multipleOf exclusiveMinimum exclusiveMaximum minItems maxItems")


def azure_strict(schema: Any) -> Found:
    yield from strict(schema, AZURE_KEYWORDS, 5, 100)


def anthropic(schema: Any) -> Found:
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        yield ".type: Input should be 'object'"
        return
    if any(keyword in schema for keyword in CHOICES):
        yield ": input_schema does not support oneOf, allOf, or anyOf at the top level"
    if invalid(schema) or any(unresolved(schema)):
        yield ": JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12)."
    if any(not re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name) for name in schema.get("properties") or {}):
        yield ".properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'"


def anthropic_strict(schema: Any) -> Found:
    if invalid(schema):
        yield ": JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12)."
        return
    unknown = names("minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength maxItems uniqueItems") | names(
        "contains minContains maxContains minProperties maxProperties propertyNames patternProperties oneOf not if then else "
        "dependentRequired dependentSchemas prefixItems unevaluatedProperties unevaluatedItems"
    )
    for path, inner in walk(schema):
        if not isinstance(inner, Mapping):
            if path[-1:] != ("additionalProperties",):
                yield ": boolean schemas are not supported"
            continue
        for keyword in inner:
            if keyword in unknown:
                kind = inner.get("type") or "object"
                yield f": For '{kind}' type, property '{keyword}' is not supported"
        if is_object(inner) and inner.get("additionalProperties") is not False:
            yield ": For 'object' type, 'additionalProperties' must be explicitly set to false"
        if inner.get("minItems") not in (None, 0, 1):
            yield ": For 'array' type, 'minItems' values other than 0 or 1 are not supported"
        if not {"type", "$ref", "anyOf", "allOf", "enum", "const"} & set(inner):
            yield ": Schema type is required"
        if re.search(r"\(\?<?[=!]|\\\d|\\b", str(inner.get("pattern", ""))):
            yield ": pattern: lookaround, backreferences and word boundaries are not supported"
    if _recurses(schema):
        yield ": Invalid schema: Circular reference detected in schema definitions. Self-referencing definitions are not supported."


def _recurses(schema: Any) -> bool:
    def reached(inner: Any) -> set[str]:
        return {str(found["$ref"]) for _, found in walk(inner) if isinstance(found, Mapping) and "$ref" in found}

    defs = schema.get("$defs") or {} if isinstance(schema, Mapping) else {}
    for name, definition in defs.items():
        seen: set[str] = set()
        work = reached(definition)
        while work:
            reference = work.pop()
            if reference not in seen:
                seen.add(reference)
                work |= reached(defs.get(reference.removeprefix("#/$defs/"), {}))
        if f"#/$defs/{name}" in seen:
            return True
    return False


GEMINI_FIELDS = names(
    "type format title description nullable enum maxItems minItems properties required minProperties maxProperties "
    "minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum"
)
GEMINI_FORMATS = {"STRING": ("enum", "date-time"), "INTEGER": ("int32", "int64"), "NUMBER": ("float", "double")}


def gemini(schema: Any, path: str = "parameters") -> Found:
    """Of `parameters`, which is a message of its own and no JSON Schema."""
    if not isinstance(schema, Mapping):
        yield f"Invalid value at '{path}' (type.googleapis.com/google.ai.generativelanguage.v1beta.Schema), {str(schema).lower()}"
        return
    for keyword, value in schema.items():
        if keyword not in GEMINI_FIELDS:
            yield f"Invalid JSON payload received. Unknown name \"{keyword}\" at '{path}': Cannot find field."
        elif keyword in ("type", "items") and isinstance(value, list):
            yield f"Invalid JSON payload received. Unknown name \"{keyword}\" at '{path}': Proto field is not repeating, cannot start list."
    kind = str(schema.get("type", "")).upper()
    if schema.get("format") and schema["format"] not in GEMINI_FORMATS.get(kind, ()):
        only = " and ".join(f"'{known}'" for known in GEMINI_FORMATS.get(kind, ("none",)))
        yield f"{path}.format: only {only} are supported for {kind} type"
    if kind == "ARRAY" and "items" not in schema:
        yield f"{path}.items: missing field."
    for n, value in enumerate(schema.get("enum") or ()):
        if not isinstance(value, str):
            yield f"Invalid value at '{path}.enum[{n}]' (TYPE_STRING), {value}"
        elif not value:
            yield f"{path}.enum[{n}]: cannot be empty."
    if schema.get("enum") and kind != "STRING":
        yield f"{path}.enum: only allowed for STRING type"
    if not isinstance(schema.get("required", []), list):
        yield f"Invalid value at '{path}.required' (TYPE_STRING), {schema['required']}"
        return
    for name in schema.get("required") or ():
        if name not in (schema.get("properties") or {}):
            yield f"{path}.required: property is not defined: {name}"
    for name, inner in (schema.get("properties") or {}).items():
        yield from gemini(inner, f"{path}.properties[{name}]")
    if isinstance(schema.get("items"), Mapping):
        yield from gemini(schema["items"], f"{path}.items")
    for n, inner in enumerate(schema.get("anyOf") or ()):
        yield from gemini(inner, f"{path}.any_of[{n}]")


def gemini_json(schema: Any) -> Found:
    """Of `parametersJsonSchema`."""
    if not is_object(schema):
        yield "parameters_json_schema: must describe an object"
        return
    if wrong := invalid(schema):
        yield f"parameters_json_schema: {wrong}"
        return
    for path, inner in walk(schema):
        if isinstance(inner, Mapping) and "$ref" in inner and any(not keyword.startswith("$") for keyword in inner if keyword != "$ref"):
            yield f"parameters_json_schema{path}: $ref must not have other properties beside it"
    for reference in unresolved(schema):
        yield f"parameters_json_schema: $ref {reference} cannot be resolved"


RESPONSE_KEYWORDS = names(
    "$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum anyOf "
    "oneOf properties additionalProperties required propertyOrdering"
)


def gemini_output(schema: Any) -> Found:
    yield from gemini_json(schema)
    for path, inner in walk(schema):
        for keyword in inner if isinstance(inner, Mapping) else ():
            if keyword not in RESPONSE_KEYWORDS:
                yield f"response_json_schema{path}: {keyword} is not supported"


COHERE_UNKNOWN = names("allOf oneOf not minimum maximum minItems maxItems minLength maxLength exclusiveMinimum exclusiveMaximum")


def cohere(schema: Any) -> Found:
    if not is_object(schema) or invalid(schema):
        yield "invalid 'parameters' schema: must be an object"
        return
    for _, inner in walk(schema):
        if not isinstance(inner, Mapping):
            continue
        for keyword in COHERE_UNKNOWN & set(inner):
            yield f"invalid schema: unsupported keyword: {keyword}"
        if inner.get("format") not in (None, "date-time", "uuid", "date", "time"):
            yield f"invalid schema: unsupported format: {inner['format']}"
        if re.search(r"(?<!\\)\$|(?<![\[\\])\^|\(\?[=!]", str(inner.get("pattern", ""))):
            yield "invalid schema: unsupported regular expression"


def moonshot(schema: Any) -> Found:
    words = "tools.function.parameters is not a valid moonshot flavored json schema, details:"
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        yield 'tools.function.parameters.type is required and must be "object"'
        return
    if wrong := invalid(schema):
        yield f"{words} <{wrong}>"
        return
    for path, inner in walk(schema):
        at = f"<At path '{'.'.join(path) or 'root'}':"
        if not isinstance(inner, Mapping):
            if path[-1:] != ("additionalProperties",):
                yield f"{words} {at} schema must be an object>"
            continue
        for keyword in ("anyOf", "oneOf"):
            if keyword in inner and "type" in inner:
                yield f"{words} {at} when using {keyword}, type should be defined in {keyword} items instead of the parent schema>"
        if inner.get("items") is False or isinstance(inner.get("items"), list):
            yield f"{words} {at} items must be an object>"
        if "$ref" in inner and set(inner) - {"$ref", "description"}:
            yield f"{words} {at} keywords beside $ref>"
        for name in inner.get("required") or ():
            if name not in (inner.get("properties") or {}):
                yield f"{words} {at} required property '{name}' is not defined>"
    for reference in unresolved(schema):
        yield f"{words} <$ref {reference} is not local>"


def groq(schema: Any) -> Found:
    if not is_object(schema):
        yield "invalid JSON schema: must be an object"
        return
    if wrong := invalid(schema):
        yield f"invalid JSON schema: compilation failed: {wrong}"
        return
    for path, inner in walk(schema):
        if isinstance(inner, Mapping) and inner.get("required") and "properties" not in inner:
            yield f"invalid JSON schema, /{'/'.join(path)}: 'required' present but 'properties' is missing"


def groq_output(schema: Any) -> Found:
    yield from groq(schema)
    for path, inner in walk(schema):
        if is_object(inner) and inner.get("additionalProperties") is not False:
            yield f"invalid JSON schema for response_format: /{'/'.join(path)}: additionalProperties:false must be set on every object"
        for keyword in ("minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum", "pattern", "format", "uniqueItems"):
            if isinstance(inner, Mapping) and keyword in inner:
                yield f"invalid schema for response format: /{'/'.join(path)}: {keyword} is not supported"


XAI_UNKNOWN = ("allOf", "minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains", "not", "if")


def xai(schema: Any) -> Found:
    if not is_object(schema) or invalid(schema) or any(unresolved(schema)):
        yield "Invalid tool schema: must be a JSON Schema of an object"
        return
    for _, inner in walk(schema):
        for keyword in XAI_UNKNOWN:
            if isinstance(inner, Mapping) and keyword in inner:
                yield f"Invalid tool schema: `{keyword}` is not supported"


def ollama(schema: Any) -> Found:
    """Read into Go's structs."""
    words = "json: cannot unmarshal {} into Go struct field .tools.function.parameters{} of type {}"
    if not is_object(schema):
        yield words.format("string", ".type", "object")
        return
    for path, inner in walk(schema):
        if path[-2:-1] == ("properties",) or (path[-2:-1] == ("anyOf",)):
            if not isinstance(inner, Mapping):
                yield words.format("bool", f".{'.'.join(path)}", "api.ToolProperty")
                continue
            for keyword, kind in (("description", str), ("enum", list), ("properties", Mapping), ("required", list), ("anyOf", list)):
                if keyword in inner and not isinstance(inner[keyword], kind):
                    yield words.format("value", f".{'.'.join(path)}.{keyword}", "api.ToolProperty")
            if not isinstance(inner.get("type", ""), str | list):
                yield words.format("object", f".{'.'.join(path)}.type", "api.PropertyType")


def grammar(schema: Any) -> Found:
    """llama.cpp's, which also stands behind Ollama's `format` and LM Studio."""
    words = "JSON schema conversion failed:\n"
    for reference in unresolved(schema):
        yield f"{words}Unsupported ref: {reference}"
    for _, inner in walk(schema):
        if not isinstance(inner, Mapping):
            continue
        kinds = inner.get("type")
        for kind in kinds if isinstance(kinds, list) else [kinds]:
            if kind not in (None, "object", "array", "string", "number", "integer", "boolean", "null"):
                yield f"{words}Unrecognized schema: {inner}"
        pattern = inner.get("pattern")
        if isinstance(pattern, str):
            if not (pattern.startswith("^") and pattern.endswith("$")):
                yield f"{words}Pattern must start with '^' and end with '$'"
            elif re.search(r"\\[dDwWsSbBpPk]|\(\?", pattern):
                yield "Failed to initialize samplers: failed to parse grammar"
        for keyword in ("maxLength", "maxItems", "minLength", "minItems"):
            if isinstance(inner.get(keyword), int) and inner[keyword] > 2_000:
                yield "Failed to initialize samplers: failed to parse grammar: number of repetitions exceeds sane defaults, please reduce it"
        if inner.get("not") is not None and set(inner) <= {"not", "description"}:
            yield f"{words}Unrecognized schema: {inner}"


XGRAMMAR_UNKNOWN = names(
    "multipleOf uniqueItems contains minContains maxContains patternProperties propertyNames minProperties maxProperties"
)


def vllm(schema: Any) -> Found:
    if not isinstance(schema, Mapping) or invalid(schema) or any(unresolved(schema)):
        yield "Invalid JSON schema"
        return
    for _, inner in walk(schema):
        if isinstance(inner, Mapping) and XGRAMMAR_UNKNOWN & set(inner):
            yield "The provided JSON schema contains features not supported by xgrammar."


def common(schema: Any) -> Found:
    """A server that says that it takes JSON Schema."""
    if not is_object(schema) or invalid(schema) or any(unresolved(schema)):
        yield "Invalid schema for function: it must be a JSON Schema of an object"


# (tools, tools in strict mode, structured output, structured output in strict mode), by provider; others are "".
FAMILIES: dict[str, tuple[Callable[[Any], Found], Callable[[Any], Found], Callable[[Any], Found], Callable[[Any], Found]]] = {
    "openai": (openai, strict, openai, strict),
    "openai-chat": (openai, strict, openai, strict),
    "openrouter": (openai, strict, openai, strict),
    "openrouter-responses": (openai, strict, openai, strict),
    "azure": (openai, azure_strict, openai, azure_strict),
    "anthropic": (anthropic, anthropic_strict, anthropic_strict, anthropic_strict),
    "gemini": (gemini_json, gemini_json, gemini_output, gemini_output),
    "gemini-interactions": (gemini_json, gemini_json, gemini_output, gemini_output),
    "gemini, before JSON Schema": (gemini, gemini, gemini_output, gemini_output),
    "cohere": (cohere, cohere, cohere, cohere),
    "mistral": (common, strict, common, strict),
    "mistral-conversations": (common, strict, common, strict),
    "moonshot": (moonshot, moonshot, moonshot, moonshot),
    "groq": (groq, groq, groq_output, groq_output),
    "xai": (xai, xai, xai, xai),
    "ollama": (ollama, ollama, grammar, grammar),
    "llamacpp": (grammar, grammar, grammar, grammar),
    "lmstudio": (grammar, grammar, grammar, grammar),
    "vllm": (vllm, vllm, vllm, vllm),
    "": (common, common, common, common),
}
NAMES = {"cohere": r"[a-zA-Z_][a-zA-Z0-9_]*"}


def find_refusal(provider: str, schema: Any, *, strict: bool = False, output: bool = False) -> str | None:
    """What the provider says of a schema that it refuses; None for one that it takes."""
    rules = FAMILIES.get(provider, FAMILIES[""])[strict + 2 * output]
    return next(iter(rules(schema)), None)


def check(provider: str, body: Mapping[str, Any]) -> None:
    """Raises Refusal where the provider refuses a schema, or the name of a tool, that the request holds."""
    for where, name, schema, strict, output, kind in _schemas_of(body):
        if name is not None and not re.fullmatch(NAMES.get(provider, ".*"), name):
            raise Refusal(f"invalid tool name: {name}", param=where)
        words = find_refusal(f"{provider}{kind}", schema, strict=strict, output=output)
        if words:
            of = f" '{name}'" if name else ""
            said = f"{where}{words}" if words.startswith((".", ":")) else f"Invalid schema for {where}{of}: {words}"
            raise Refusal(said, param=where, code="invalid_function_parameters")


def _schemas_of(body: Mapping[str, Any]) -> Iterator[tuple[str, str | None, Any, bool, bool, str]]:
    """(where, name of the tool, schema, strict, structured output, kind) of every schema in a request of any wire format."""
    for n, tool in enumerate(body.get("tools") or ()):
        function = tool.get("function") if isinstance(tool.get("function"), Mapping) else tool
        is_strict = bool(function.get("strict") or body.get("strict_tools"))
        if "input_schema" in function:
            yield f"tools.{n}.custom.input_schema", function["name"], function["input_schema"], is_strict, False, ""
        elif function is not tool or tool.get("type") == "function":
            yield f"tools[{n}].parameters", function["name"], function.get("parameters"), is_strict, False, ""
        for m, declared in enumerate(tool.get("functionDeclarations") or ()):
            at = f"tools[{n}].function_declarations[{m}]"
            if "parameters" in declared:
                yield f"{at}.parameters", declared["name"], declared["parameters"], False, False, ", before JSON Schema"
            elif "parametersJsonSchema" in declared:
                yield f"{at}.parameters_json_schema", declared["name"], declared["parametersJsonSchema"], False, False, ""
    for where, path in (
        ("response_format", ("response_format", "json_schema", "schema")),
        ("response_format", ("response_format", "schema")),
        ("text.format", ("text", "format", "schema")),
        ("output_config.format.schema", ("output_config", "format", "schema")),
        ("response_json_schema", ("generationConfig", "responseJsonSchema")),
        ("format", ("format",)),
    ):
        holder: Any = body
        for step in path[:-1]:
            holder = holder.get(step) if isinstance(holder, Mapping) else None
        schema = holder.get(path[-1]) if isinstance(holder, Mapping) else None
        if isinstance(schema, Mapping):
            yield where, None, schema, bool(holder.get("strict")), True, ""
