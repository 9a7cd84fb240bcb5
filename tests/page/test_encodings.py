"""Decoders held to the browser's own, over every byte and every pair, and over longer strings made at random."""

import base64
import json
import random

import pytest
from webencodings.labels import LABELS

from staysail.rag.encodings import decode

DECODE = """
const [name, texts, done] = arguments;
// A decoder each: Chromium's of EUC-JP keeps something of a broken text.
done(JSON.stringify(texts.map((text) => new TextDecoder(name, { ignoreBOM: true }).decode(Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0))))));
"""
# Chromium gives halves of surrogate pairs here, where the standard has a letter with a combining mark.
WRONG_IN_CHROMIUM = {"big5": (b"\x88\x62", b"\x88\x64", b"\x88\xa3", b"\x88\xa5")}
PLAIN = "A page 五本のマスト 镕喆 한국어 ①～"


def strings(name):
    yield from (bytes([byte]) for byte in range(256))
    yield from (bytes([lead, trail]) for lead in range(128, 256) for trail in range(256))
    rng = random.Random(name)
    plain = PLAIN.encode({"gbk": "gb18030", "shift_jis": "cp932", "euc-kr": "cp949"}.get(name, "utf-8"), "ignore")
    for _ in range(500):
        at = rng.randrange(len(plain))
        data = plain[:at] + rng.randbytes(rng.randrange(1, 6)) + plain[at + rng.randrange(3) :]
        # Behind a broken character of JIS X 0212, Chromium takes the next one for another of it, which the standard does not.
        yield data.replace(b"\x8f", b"") if name == "euc-jp" else data


@pytest.mark.parametrize("name", sorted(set(LABELS.values()) - {"replacement", "iso-2022-jp"}))
def test_all_bytes_are_decoded_as_the_browser_does(driver, site, name):
    driver.get(f"{site}tests/page/empty.html")
    given = [data for data in strings(name) if data not in WRONG_IN_CHROMIUM.get(name, ())]
    encoded = [base64.b64encode(data).decode() for data in given]
    decoded = json.loads(driver.execute_async_script(DECODE, name, encoded))
    wrong = [(data, decode(data, name), text) for data, text in zip(given, decoded, strict=True) if decode(data, name) != text]
    assert wrong == []
