"""Rules of JSON Schema by provider. A provider's file names one of the SchemaSupports below, or defines its own.

OpenAI: https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas
Azure: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/structured-outputs
Anthropic: https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations
Gemini: https://ai.google.dev/api/caching#Schema
Where the documents leave a question open, public reports of refused schemas answer it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from ...core.value import NOTHING, Value

STRUCTURE = frozenset(
    {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "$ref", "$defs", "description", "title"}
)
NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
LENGTHS = frozenset({"minLength", "maxLength"})
COUNTS = frozenset({"minItems", "maxItems"})
ANNOTATIONS = frozenset({"default", "examples", "readOnly", "writeOnly", "deprecated", "contentEncoding", "contentMediaType"})
# Keywords that servers which generate grammars mostly lack.
RARE = frozenset(
    {
        *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties", "propertyNames", "contains"),
        *("minContains", "maxContains", "unevaluatedProperties", "unevaluatedItems", "minProperties", "maxProperties", "uniqueItems"),
        "contentSchema",
    }
)
EVERYTHING = STRUCTURE | NUMBERS | LENGTHS | COUNTS | ANNOTATIONS | RARE | {"const", "oneOf", "allOf", "prefixItems", "pattern", "format"}

type Patterns = Literal["portable", "anchored", "unanchored", "none"]


class SchemaRules(Value):
    """Rules of one place of a provider's request.

    Args:
        keywords: Accepted keywords; others are written into the description.
        formats: Values of `format`, by type; of a type that is not named, all.
        patterns: Accepted regular expressions. "portable": without look-around, references and properties; "anchored": portable,
            from ^ to $, without \\d, \\w and \\s; "unanchored": portable, without ^ and $.
        siblings: Accepts other keywords beside `$ref`.
        references: Accepts `$ref`; otherwise definitions are written out.
        type_lists: Accepts a list of types.
        nullable: Has OpenAPI's `nullable` for a type that may be null.
        typed_choices: Requires that `type` stands in the options of `anyOf`, not beside it.
        enum_types: Types whose values an `enum` may hold; empty for all.
        any_value: Accepts the empty schema.
        deepest: Most levels of objects; objects below them allow any value of their type.
        most: Largest values of numeric keywords.
        property_names: Regular expression of accepted property names; "" for any.
        closed: Strict mode: every object is closed.
        all_required: Every property is required; one that may be left out may be null instead.
        recursive: Accepts definitions that refer to themselves.
        most_properties, most_enum_values, most_characters: Of a whole schema in strict mode; 0 for no limit. Characters are those of names
            and of values of `enum` and `const`.
    """

    keywords: frozenset[str] = EVERYTHING
    formats: Mapping[str, frozenset[str]] = NOTHING
    patterns: Patterns = "portable"
    siblings: bool = True
    references: bool = True
    type_lists: bool = True
    nullable: bool = False
    typed_choices: bool = False
    enum_types: tuple[str, ...] = ()
    any_value: bool = True
    deepest: int = 30
    most: Mapping[str, int] = NOTHING
    property_names: str = ""
    closed: bool = False
    all_required: bool = True
    recursive: bool = True
    most_properties: int = 0
    most_enum_values: int = 0
    most_characters: int = 0


class SchemaSupport(Value):
    """Rules of a provider.

    Args:
        tools: Rules of tools' parameters.
        output: Rules of structured output; None where it is always strict.
        strict: Rules of the strict mode of both; None where it has none.
        strict_by_default: Whether a tool that does not say is strict, where its objects are closed.
        older: Rules of tools' parameters for models that accept less, by regular expressions of their names.
        name: Regular expression of a tool's name.
        longest_name: Characters of a tool's name.
    """

    tools: SchemaRules = SchemaRules()
    output: SchemaRules | None = SchemaRules()
    strict: SchemaRules | None = None
    strict_by_default: bool = False
    older: tuple[tuple[str, SchemaRules], ...] = ()
    name: str = "[a-zA-Z0-9_-]+"
    longest_name: int = 64


COMMON = SchemaSupport()
"""Servers that accept JSON Schema."""

TEXT_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
OPENAI_STRICT = SchemaRules(
    keywords=STRUCTURE | NUMBERS | COUNTS | {"const", "pattern", "format"},
    formats={"string": TEXT_FORMATS},
    siblings=False,
    any_value=False,
    deepest=10,
    closed=True,
    most_properties=5_000,
    most_enum_values=1_000,
    most_characters=120_000,
)
OPENAI = SchemaSupport(strict=OPENAI_STRICT, strict_by_default=True)
AZURE_STRICT = OPENAI_STRICT.replace(
    keywords=STRUCTURE | {"const"}, deepest=5, most_properties=100, most_enum_values=500, most_characters=15_000
)
AZURE = OPENAI.replace(strict=AZURE_STRICT)
ANTHROPIC_STRICT = SchemaRules(
    keywords=STRUCTURE | {"const", "default", "format", "minItems", "pattern", "allOf"},
    formats={"string": TEXT_FORMATS | {"uri"}},
    most={"minItems": 1},
    siblings=False,
    any_value=False,
    deepest=20,
    property_names=r"[a-zA-Z0-9_.-]{1,64}",
    recursive=False,
    closed=True,
    all_required=False,
)
ANTHROPIC = SchemaSupport(tools=SchemaRules(property_names=r"[a-zA-Z0-9_.-]{1,64}"), output=None, strict=ANTHROPIC_STRICT)
GEMINI_BEFORE_JSON_SCHEMA = r"gemini-1[.-]|gemini-pro$|learnlm|gemma-[12]"
"""Models that need `parameters`, Gemini's subset of OpenAPI; later models accept `parametersJsonSchema`."""
GEMINI_SUBSET = SchemaRules(
    keywords=frozenset(
        {
            *("type", "format", "title", "description", "enum", "maxItems", "minItems", "properties", "required", "minProperties"),
            *("maxProperties", "minLength", "maxLength", "pattern", "anyOf", "items", "minimum", "maximum"),
        }
    ),
    formats={
        "string": frozenset({"date-time", "enum"}),
        "integer": frozenset({"int32", "int64"}),
        "number": frozenset({"float", "double"}),
    },
    references=False,
    type_lists=False,
    nullable=True,
    typed_choices=True,
    enum_types=("string",),
    any_value=False,
    deepest=20,
)
GRAMMAR = SchemaRules(keywords=EVERYTHING - RARE, patterns="anchored", most=dict.fromkeys(LENGTHS | COUNTS, 2_000))
"""Servers that generate a grammar from the schema, such as llama.cpp."""
