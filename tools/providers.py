"""Writes everything that JavaScript and the documentation say of providers: `make providers`.

A provider is one file, py/staysail/providers/<name>.py. Made of it are its subpath web/providers/<name>.js, the page's list
page/settings/providers.js, and in documentation the table between `<!-- providers -->` and `<!-- /providers -->`, or the names alone after
`<!-- providers: names -->`, or the tools that providers run after `<!-- providers: hosted -->`. The files are committed; a test fails where
they differ from the providers.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from staysail.core.hosted import HostedKind
from staysail.core.ports import ModelTraits
from staysail.providers import load_provider, load_wire, provider_names
from staysail.wire.format import Provider
from tests.replays.scope import PLAYED
from tests.rules import provider_names as ruled
from tools.sources import ROOT

SUBPATHS = ROOT / "web" / "providers"
LIST = ROOT / "page" / "settings" / "providers.js"
PACKAGE = ROOT / "web" / "package.json"
MARKED = re.compile(r"(<!-- providers(: names|: hosted)? -->\n).*?(<!-- /providers -->)", re.DOTALL)

# The JavaScript classes behind each service.
CLASSES = {
    "embeddings": "EmbeddingModel",
    "transcription": "TranscriptionModel",
    "images": "ImageGenerationModel",
    "speech": "AudioGenerationModel",
    "rerank": "Reranker",
    "ocr": "OcrModel",
}
# What two subpaths have beside their services.
MORE = {
    "local": """\
export { LOCAL_MODELS as localModels, describeDevice, recommendedModel } from "../local/catalogue.js";
export { LOCAL_EMBEDDERS as localEmbedders } from "../local/embedders.js";
export { browserTools } from "../local/browser-tools.js";
export { localEngine } from "../models/local-engines.js";
""",
    "openai": """\
/** By the Responses API, which `openai` uses by default. */
export class ResponsesCompletionModel extends CompletionModel {}

/** By the Chat Completions API. */
export class CompletionsCompletionModel extends CompletionModel {
  static provider = "openai-chat";
}
""",
}
AGENT = """\
/**
 * @template {import("../types.js").Schema | undefined} [S=undefined]
 * @extends {agents.Agent<S>}
 */
export class Agent extends agents.Agent {
  static provider = "NAME";
}
"""
FORMATS = {
    "anthropic": "Messages",
    "chat": "Chat Completions",
    "cohere": "Cohere's chat",
    "conversations": "Conversations",
    "gemini": "generateContent",
    "interactions": "Interactions",
    "ollama": "Ollama's chat",
    "responses": "Responses",
}
# Fields of most entries of the page's list.
HOSTED: dict[str, Any] = {"keyNeeded": True, "baseNeeded": False, "direct": True, "note": "", "sampling": []}
ACCESS = {"yes": "yes", "setting": "when its server allows it", "proxy": "through a proxy"}


def generated() -> Iterator[tuple[Path, str]]:
    """Each file, and what it has to hold."""
    modules = {name: load_provider(name) for name in provider_names()}
    for name, module in modules.items():
        yield SUBPATHS / f"{name}.js", subpath(name, module)
    yield LIST, page_list(modules)
    yield PACKAGE, with_aliases(modules)
    for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("web/*.md")]):
        text = path.read_text("utf-8")
        if MARKED.search(text):
            yield path, MARKED.sub(lambda match: match[1] + SECTIONS[match[2] or ""](modules) + match[3], text)


def with_aliases(names: Iterable[str]) -> str:
    """package.json with an alias for each subpath whose module has another name: Parcel reads `exports` only where it is told to."""
    package = json.loads(PACKAGE.read_text("utf-8"))
    named = {
        path: entry["default"] for path, entry in package["exports"].items() if isinstance(entry, dict) and path != "." and "*" not in path
    }
    provided = {f"./{name}": f"./{SUBPATHS.name}/{name}.js" for name in names}
    package["alias"] = {path: module for path, module in (named | provided).items() if module != f"{path}.js"}
    return json.dumps(package, indent=2, ensure_ascii=False) + "\n"


def subpath(name: str, module: ModuleType) -> str:
    """The module `staysail/<name>`: the package's classes with the provider fixed."""
    provider = getattr(module, "PROVIDER", None)
    has = [service for service in CLASSES if service in (provider.services if provider else services_in_page(name))]
    chats = provider is None or bool(provider.chat)
    imports = ['import * as agents from "../agent/agent.js";\n'] if chats else []
    parts = [AGENT.replace("NAME", name), class_of("CompletionModel", name)] if chats else []
    parts += [class_of(CLASSES[service], name) for service in has]
    if name in MORE:
        parts.insert(0 if MORE[name].startswith("export {") else len(parts), MORE[name])
    head = f"/** The classes of staysail for {label_of(name, module)}. Made by tools/providers.py. */\n\n"
    return head + "".join(imports) + 'import * as models from "../models/models.js";\n\n' + "\n".join(parts)


def class_of(name: str, provider: str) -> str:
    return f'export class {name} extends models.{name} {{\n  static provider = "{provider}";\n}}\n'


def services_in_page(name: str) -> list[str]:
    """Services of the models that run in the page."""
    return ["embeddings"] if name == "local" else []


def label_of(name: str, module: ModuleType) -> str:
    provider = getattr(module, "PROVIDER", None)
    return provider.label if provider else {"local": "the models in the page", "prompt-api": "the browser's own model"}[name]


def page_list(modules: dict[str, ModuleType]) -> str:
    """Providers with chat that a page can call, hosted ones before those on the user's computer."""
    offered = [module.PROVIDER for module in modules.values() if hasattr(module, "PROVIDER")]
    offered = [provider for provider in offered if provider.chat and provider.page != "proxy"]
    offered.sort(key=lambda provider: (provider.page == "setting", provider.label.lower()))
    entries = [
        {
            "id": provider.name,
            "label": provider.label,
            "models": provider.examples,
            "keyNeeded": provider.key_needed,
            "keyURL": provider.key_url,
            "baseNeeded": provider.base_needed,
            "baseURL": provider.base_url,
            "direct": provider.page == "yes",
            "note": provider.page_note,
            "sampling": sampling_of(provider),
        }
        for provider in offered
    ]
    tables: dict[str, str] = {}  # the rows that several providers have, by the first of these providers
    for rows in [entry["sampling"] for entry in entries if entry["sampling"]]:
        same = [entry for entry in entries if entry["sampling"] == rows]
        if len(same) > 1:
            name = f"SAMPLING_{same[0]['id'].upper()}"
            tables[name] = value_of(rows, indent="")
            for entry in same:
                entry["sampling"] = Source(name)
    shared = "".join(f"/** @type {{Sampling}} */\nconst {name} = {rows};\n\n" for name, rows in tables.items())
    return f"""\
/**
 * The providers with chat that a page can call, as their files in py/staysail/providers say. Made by tools/providers.py.
 *
 * direct: whether its host allows requests of any page; else its server needs a setting. note: facts about calls from a page.
 * sampling: which models take a temperature, by the first pattern that occurs in their name, and whether they reason by default; others
 * take one.
 * @typedef {{[string, "always" | "never" | "without_reasoning", boolean][]}} Sampling
 * @typedef {{{{id: string, label: string, models: string[], keyNeeded: boolean, keyURL: string, baseNeeded: boolean, baseURL: string,
 *   direct: boolean, note: string, sampling: Sampling}}}} PageProvider
 */

{shared}/** Most providers: hosted, called with a key. */
const HOSTED = {{
{"".join(f"  {name}: {value_of(value)},\n" for name, value in HOSTED.items())}}};

/** @type {{PageProvider[]}} */
export const PROVIDERS = [
{"".join(map(entry_of, entries))}];
"""


def sampling_of(provider: Provider) -> list[tuple[str, str, bool]]:
    """The rules of a provider for the temperature; none where every model takes one."""
    rules = [(pattern, ModelTraits().replace(**dict(traits))) for pattern, traits in provider.models]
    found: list[tuple[str, str, bool]] = [(pattern, traits.sampling, traits.reasons(None)) for pattern, traits in rules]
    return found if any(sampling != "always" for _, sampling, _ in found) else []


def entry_of(entry: dict[str, Any]) -> str:
    own = {name: value for name, value in entry.items() if HOSTED.get(name) != value}
    return "  {\n    ...HOSTED,\n" + "".join(f"    {name}: {value_of(value)},\n" for name, value in own.items()) + "  },\n"


class Source(str):
    """JavaScript source in place of a value."""

    __slots__ = ()


def value_of(value: Any, indent: str = "    ") -> str:
    """A list of lists has a line for each."""
    if isinstance(value, Source):
        return value
    if isinstance(value, list) and value:
        return "[\n" + "".join(f"{indent}  {json.dumps(row, ensure_ascii=False)},\n" for row in value) + f"{indent}]"
    return json.dumps(value, ensure_ascii=False)


def names(modules: dict[str, ModuleType]) -> str:
    return ", ".join(f"`{name}`" for name in modules) + "\n"


def table(modules: dict[str, ModuleType]) -> str:
    rows = [("provider", "name", "what it does", "from a page", "key", "what that rests on"), ("---",) * 6]
    rows += [(f"`{name}`", label_of(name, module), *row_of(module), grounds(name)) for name, module in modules.items()]
    return lines(rows)


def hosted(modules: dict[str, ModuleType]) -> str:
    """Which tools each provider runs itself."""
    running = {name: kinds for name, module in modules.items() if hasattr(module, "PROVIDER") and (kinds := hosted_by(module.PROVIDER))}
    rows = [("tool", *(f"`{name}`" for name in running)), ("---",) * (len(running) + 1)]
    rows += [(f"`{kind}`", *("yes" if kind in kinds else "" for kinds in running.values())) for kind in get_args(HostedKind)]
    return lines(rows)


def hosted_by(provider: Provider) -> set[str]:
    """What the provider runs for any of its models."""
    return {*provider.hosted, *(kind for _, traits in provider.models for kind in traits.get("hosted_tools", ()))}


def grounds(name: str) -> str:
    """How much is known of what is sent to the provider and read from it."""
    if name == "local":
        return "it runs in the tests"
    if name not in provider_names("chat"):
        return "its documentation"
    recorded = any(name in formats.values() for formats in PLAYED.values())
    return "recordings" if recorded else "its documented rules" if name in ruled() else "its documentation"


def lines(rows: Iterable[Iterable[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


SECTIONS = {"": table, ": names": names, ": hosted": hosted}


def row_of(module: ModuleType) -> tuple[str, str, str]:
    provider: Provider | None = getattr(module, "PROVIDER", None)
    if provider is None:
        return (module.__doc__ or "").partition("\n")[0], "it is in the page", "none"
    chat = [FORMATS[provider.chat], *abilities(provider)] if provider.chat else []
    does = "; ".join(", ".join(part) for part in (chat, sorted(provider.services)) if part)
    note = f": {provider.page_note}" if provider.page_note else ""
    key = f"[{provider.key_env}]({provider.key_url})" if provider.key_url else f"{provider.key_env}, if its server wants one"
    return does, ACCESS[provider.page] + note, key


def abilities(provider: Provider) -> Iterator[str]:
    traits = load_wire(provider.chat).traits(provider.dialect, "")
    yield ("tools" if traits.forced_tools else "tools (a call cannot be forced)") if traits.tools else "no tools"
    if traits.native_output:
        yield "structured output"


def write() -> list[Path]:
    """Writes the files that differ, and deletes subpaths of providers that are gone. Returns the files that it changed."""
    wanted = dict(generated())
    gone = [path for path in SUBPATHS.glob("*.js") if path not in wanted]
    changed = [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in changed:
        path.write_text(wanted[path], "utf-8")
    for path in gone:
        path.unlink()
    return changed + gone


if __name__ == "__main__":
    for path in write():
        print(path.relative_to(ROOT))
