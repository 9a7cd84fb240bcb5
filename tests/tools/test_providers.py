"""What JavaScript and the documentation say of providers is made from the providers' own files."""

from staysail.providers import load_provider, provider_names
from tools.providers import SUBPATHS, generated, table
from tools.sources import ROOT


def test_everything_that_is_made_from_the_providers_is_up_to_date():
    old = [str(path.relative_to(ROOT)) for path, text in generated() if not path.is_file() or path.read_text("utf-8") != text]
    assert old == [], "run make providers"


def test_each_provider_has_a_subpath_and_no_subpath_is_left_over():
    assert {path.stem for path in SUBPATHS.glob("*.js")} == {*provider_names()}


def test_the_table_names_each_provider_with_what_it_does_and_its_key():
    rows = {row.split("|")[1].strip(" `"): row for row in table(modules()).splitlines()[2:]}
    assert {*rows} == {*provider_names()}
    assert "Responses, tools, structured output; batches, embeddings, files, images" in rows["openai"]
    assert "[OPENAI_API_KEY](https://platform.openai.com/api-keys)" in rows["openai"]
    assert "no tools" in rows["perplexity"]
    assert "OLLAMA_ORIGINS" in rows["ollama"]
    assert "through a proxy" in rows["voyageai"]


def modules():
    return {name: load_provider(name) for name in provider_names()}
