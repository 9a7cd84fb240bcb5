"""The examples over transformers.js and WebLLM in Chromium: the real libraries, with the weights that package indexes have.

No index has a language model as ONNX, so one is made of the page's own, and none has what WebLLM loads: its example runs up to there.
"""

import json
import os
import re
import subprocess
import time
from urllib.parse import urlencode

import pytest

from tests.page.built_example import serving_example
from tools.chromium import start_chrome
from tools.sources import ROOT

PROJECT = "tests/frameworks/local-models"
PYTHON = ROOT / PROJECT / ".venv/bin/python"
LOCAL = ROOT / "wheels/local"
ENGINE = ("ort-wasm-simd-threaded.asyncify.mjs", "ort-wasm-simd-threaded.asyncify.wasm")

pytestmark = [
    pytest.mark.thorough,
    pytest.mark.skipif(
        not (ROOT / PROJECT / "node_modules").is_dir() or not PYTHON.exists(), reason=f"make test installs {PROJECT} with STAYSAIL_EVERY=1"
    ),
]


def put(folder, files):
    """Writes files of JSON, and links others."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            path.write_text(json.dumps(content))
        else:
            os.link(content, path)


def put_language_model(folder):
    """SmolLM2 as ONNX."""
    gguf = LOCAL / "SmolLM2-135M-Instruct.Q4_1.gguf"
    ran = subprocess.run([PYTHON, ROOT / "tests/frameworks/onnx_llama.py", gguf, folder], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr


def put_embedder(folder):
    """MiniLM, with the tokenizer that its vocabulary makes."""
    vocabulary = {word: at for at, word in enumerate((LOCAL / "minilm-vocab.txt").read_text().splitlines())}
    special = [{"id": vocabulary[word], "content": word, "special": True} for word in ("[PAD]", "[UNK]", "[CLS]", "[SEP]")]
    begin, text, end = ({"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                        {"SpecialToken": {"id": "[SEP]", "type_id": 0}})  # fmt: skip
    tokens = {word: {"id": word, "ids": [vocabulary[word]], "tokens": [word]} for word in ("[CLS]", "[SEP]")}
    put(
        folder,
        {
            "config.json": {"model_type": "bert", "architectures": ["BertModel"], "hidden_size": 384},
            "tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "model_max_length": 512, "pad_token": "[PAD]"},
            "tokenizer.json": {
                "added_tokens": special,
                "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "lowercase": True},
                "pre_tokenizer": {"type": "BertPreTokenizer"},
                "post_processor": {
                    "type": "TemplateProcessing",
                    "single": [begin, text, end],
                    "pair": [begin, text, end],
                    "special_tokens": tokens,
                },
                "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
                "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "vocab": vocabulary},
            },
            "onnx/model_quantized.onnx": LOCAL / "minilm-int8.onnx",
        },
    )


def open_page(driver, url):
    """Opens the example, with the files of its host on the site itself."""
    driver.get(f"{url}?{urlencode({'host': f'{url}models/'})}")


def ask(driver, question):
    driver.execute_script("document.querySelector('input').value = arguments[0]", question)
    driver.find_element("css selector", "button").click()


def wait(driver, script):
    ends_at = time.monotonic() + 200
    while not (found := driver.execute_script(f"const output = document.querySelector('output'); return {script}")):
        assert time.monotonic() < ends_at, driver.get_log("browser")
        time.sleep(0.05)
    return found


def answer(driver, question):
    ask(driver, question)
    return wait(driver, "output.title.includes('tokens') && output.textContent")


def refusal(driver, question):
    ask(driver, question)
    return wait(driver, "output.textContent.includes('Error') && output.textContent")


def test_an_agent_answers_from_documents_with_models_of_transformers_js(driver, tmp_path):
    with serving_example("transformers-js", PROJECT, tmp_path / "site", ["models"]) as url:
        models = tmp_path / "site/models"
        put_embedder(models / "Xenova/all-MiniLM-L6-v2/resolve/main")
        put(models, {f"onnxruntime/{name}": ROOT / PROJECT / "node_modules/onnxruntime-web/dist" / name for name in ENGINE})
        open_page(driver, url)
        refused = refusal(driver, "Who is the harbour master?")
        assert refused.startswith("BadRequestError: SmolLM2-135M-Instruct failed: ModelFileNotFoundError: Could not locate file: "), refused
        put_language_model(models / "HuggingFaceTB/SmolLM2-135M-Instruct/resolve/main")
        assert "Ingrid Solvang" in answer(driver, "Who is the harbour master?")  # without a reload
        about = driver.execute_script("return document.querySelector('output').title")
        assert about.endswith("tokens, from master"), about
        assert "twice a day" in answer(driver, "How often is high tide?")
        ask(driver, "Tell a long story about berths.")
        wait(driver, "output.textContent")
        driver.find_element("css selector", "[type=button]").click()
        begun = wait(driver, "(output.title || /AbortError|RunCancelled/.test(output.textContent)) && output.textContent")
        assert re.search("AbortError|RunCancelled", begun), begun
        assert "Ingrid Solvang" in answer(driver, "Who is the harbour master?")  # the model is free again


def test_an_agent_over_web_llm_says_what_was_not_reached(tmp_path):
    """WebLLM asks for a model's settings and then for its compiled library, before the graphics card and the weights."""
    model = "SmolLM2-135M-Instruct-q0f32-MLC"
    with serving_example("web-llm", PROJECT, tmp_path / "site", ["models"]) as url:
        driver = start_chrome(webgpu=True)
        try:
            open_page(driver, url)
            adapter = "navigator.gpu.requestAdapter().then((adapter) => arguments[0](adapter && [...adapter.features]))"
            features = driver.execute_async_script(adapter)
            assert features
            assert "shader-f16" not in features  # so only models in 32 bits would run
            for missing in (f"{model}/resolve/main/mlc-chat-config.json", f"{model}.wasm"):
                refused = refusal(driver, "What is a staysail?")
                assert refused.startswith(f"ProviderError: {model} failed: "), refused
                assert missing in str(driver.get_log("browser"))
                put(
                    tmp_path / "site/models", {f"{model}/resolve/main/mlc-chat-config.json": {"vocab_size": 49152}}
                ) if "json" in missing else None
        finally:
            driver.quit()


@pytest.mark.parametrize("example", ["transformers-js", "web-llm"])
def test_an_example_uses_its_library_as_its_types_say(example, tmp_path):
    folder = ROOT / "examples/frameworks" / example
    modules = ROOT / PROJECT / "node_modules"
    settings = {
        "compilerOptions": {
            "allowJs": True, "checkJs": True, "noEmit": True, "strict": True, "noImplicitAny": False, "useUnknownInCatchVariables": False,
            "strictNullChecks": False, "skipLibCheck": True, "types": [], "target": "es2022", "module": "esnext", "moduleResolution": "bundler",
            "lib": ["es2022", "dom", "dom.iterable", "dom.asynciterable"],
            "paths": {
                "staysail": [str(ROOT / "web/types/index.d.ts")],
                "@huggingface/transformers": [str(modules / "@huggingface/transformers/types/transformers.d.ts")],
                "@mlc-ai/web-llm": [str(modules / "@mlc-ai/web-llm")],
            },
        },
        "include": [str(folder / "*.js")],
    }  # fmt: skip
    (tmp_path / "tsconfig.json").write_text(json.dumps(settings))
    tsc = [ROOT / "web/node_modules/.bin/tsc", "--project", tmp_path]
    ran = subprocess.run(tsc, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
