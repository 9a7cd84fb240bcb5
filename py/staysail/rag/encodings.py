"""Encodings as browsers read them: the labels and the decoders of the WHATWG Encoding Standard, https://encoding.spec.whatwg.org/

How it works. A label stands for the encoding that pages under it are really written in: `gb2312` for GBK, `shift_jis` for Windows-31J,
`iso-8859-1` for windows-1252. Encodings of single bytes are tables of 256 characters. Of the East Asian ones, Python's codec decodes
text in which it agrees with the standard; any other text goes pair by pair through a dictionary, which also recovers from errors as
browsers do: a pair that means nothing becomes one U+FFFD, and an ASCII character in it is kept."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache

REPLACEMENT = "\ufffd"

LABELS = """
utf-8: unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8
ibm866: 866 cp866 csibm866 ibm866
iso-8859-2: csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
iso-8859-3: csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
iso-8859-4: csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
iso-8859-5: csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 iso_8859-5:1988
iso-8859-6: arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6
    iso88596 iso_8859-6 iso_8859-6:1987
iso-8859-7: csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597 iso_8859-7 iso_8859-7:1987
    sun_eu_greek
iso-8859-8: csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 visual
iso-8859-8-i: csiso88598i iso-8859-8-i logical
iso-8859-10: csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6
iso-8859-13: iso-8859-13 iso8859-13 iso885913
iso-8859-14: iso-8859-14 iso8859-14 iso885914
iso-8859-15: csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9
iso-8859-16: iso-8859-16
koi8-r: cskoi8r koi koi8 koi8-r koi8_r
koi8-u: koi8-ru koi8-u
macintosh: csmacintosh mac macintosh x-mac-roman
windows-874: dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874
windows-1250: cp1250 windows-1250 x-cp1250
windows-1251: cp1251 windows-1251 x-cp1251
windows-1252: ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987
    l1 latin1 us-ascii windows-1252 x-cp1252
windows-1253: cp1253 windows-1253 x-cp1253
windows-1254: cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254
windows-1255: cp1255 windows-1255 x-cp1255
windows-1256: cp1256 windows-1256 x-cp1256
windows-1257: cp1257 windows-1257 x-cp1257
windows-1258: cp1258 windows-1258 x-cp1258
x-mac-cyrillic: x-mac-cyrillic x-mac-ukrainian
gbk: chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk
gb18030: gb18030
big5: big5 big5-hkscs cn-big5 csbig5 x-x-big5
euc-jp: cseucpkdfmtjapanese euc-jp x-euc-jp
iso-2022-jp: csiso2022jp iso-2022-jp
shift_jis: csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis
euc-kr: cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949
replacement: csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement
utf-16be: unicodefffe utf-16be
utf-16le: csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le
x-user-defined: x-user-defined
"""

# Characters where Python's codec of a single-byte encoding differs from the standard.
SINGLE_BYTE = {"koi8-u": {0xAE: "ў", 0xBE: "Ў"}, "windows-1255": {0xCA: "\u05ba"}}

# A lead byte and the characters that follow from it on: those of Big5 that Python's codec does not have.
BIG5 = (
    "877A㡵𡵓𣚞𦀡㻬𥣞㫵竼龗𤅡𨤍𣇪𠪊𣉞䌊蒄龖鐯䤰蘓墖靊鈘秐稲晠権袝瑌篅枂稬剏遆㓦珄𥶹瓆鿇垳䤯呌䄱𣚎堘穲𧭥讏䚮𦺈䆁𥶙箮𢒼鿈𢓁𢓉𢓌鿉蔄"
    "𣖻䂴鿊䓡𪷿拁灮鿋8E69箸8E6F簆8E7E糎8EAB緒8EB4縝8ECD者8ED0耨8F57菁8F69蒨8F6E萏8FCB覦覩8FFE起906D都907A銹90DC靜90F1響91BF鼖9244"
    "蔃92AF兙兛兝兞92C8鍮92D1瑹9447浧94CA禛95D9邗9644靝96ED瀞96FC嬨9B76爁9B78矗9B7B纇9BC6駖9BDE釔9BEC惞9BF6澶9C42輶9C53侻9C62營"
    "9C68鄄9C6B鷰9C77菏9CBC尐秣9CD0婧9D57輋9D5A筑9DC4拐9EA9恢9EEF痹9EFD汊9F60鬮9F66鼗9FCB僭9FD8弌A063蠏A077拎A0D5瑨A0DF煢A0E4牐"
    "A3C0␀␁␂␃␄␅␆␇␈␉␊␋␌␍␎␏␐␑␒␓␔␕␖␗␘␙␚␛␜␝␞␟␡€C6CF廴C6D3无C6D5癶C6D7隶C6DE〃仝FA5F倩FA66偽FABD包FAC5卄FAD5卿FB48嘅FBB8婷FBF3幵FBF9廐"
    "FC4F彘FC6C悤FCB9撐FCE2晴FCF1杞FDB7沜渝FDBB港FDF1煮FE52猪FE6F瑜FEAA瓩FEDD砉"
)

# Two bytes of GB 18030 that Python's codec, an older edition, reads as private use characters; and its euro sign of one byte.
GB18030 = {"\x80": "€", "\xa3\xa0": "\u3000", "\xa8\xbc": "\u1e3f", "\x815\xf47": "\ue7c7"} | {
    bytes.fromhex(code).decode("latin-1"): chr(point)
    for codes, points in (
        ("a6d9 a6db a6da a6dc a6dd a6de a6df a6ec a6ed a6f3", range(0xFE10, 0xFE1A)),
        ("fe59 fe61 fe66 fe67 fe6d fe7e fe90 fea0", range(0x9FB4, 0x9FBC)),
    )
    for code, point in zip(codes.split(), points, strict=True)
}
BIG5_SYMBOLS = dict(
    zip(
        (
            "\xa1\x45",
            "\xa1\x4e",
            "\xa1\xc2",
            "\xa1\xe3",
            "\xa1\xf2",
            "\xa1\xf3",
            "\xa2\x41",
            "\xa2\x42",
            "\xa2\x44",
            "\xa2\x46",
            "\xa2\x47",
        ),
        "‧﹑¯～⊕⊙∕﹨￥￠￡",
        strict=True,
    )
)


class _Pairs(dict[str, str]):
    """Characters by the bytes that encode them, as Latin 1; filled while a text is read.

    Args:
        codec: Python's name of the encoding.
        pattern: Matches one character: a lead byte with its trail, or one byte alone.
        suspects: Characters of which Python's codec decodes some differently.
        differences: Bytes that the standard reads differently.
    """

    def __init__(self, codec: str, pattern: str, suspects: str, differences: dict[str, str] | None = None) -> None:
        super().__init__(differences or {})
        self._codec, self._pattern, self._suspects = codec, re.compile(pattern), re.compile(suspects)

    def decode(self, data: bytes) -> str:
        try:
            text = data.decode(self._codec)
            if not self._suspects.search(text):
                return text
        except UnicodeDecodeError:
            pass
        return self._pattern.sub(lambda found: self[found[0]], data.decode("latin-1"))

    def __missing__(self, code: str) -> str:
        try:
            text = self.decode_character(code.encode("latin-1"))
        except UnicodeDecodeError:
            text = REPLACEMENT + (code[-1] if "@" <= code[-1] <= "~" else "")
        self[code] = text
        return text

    def decode_character(self, code: bytes) -> str:
        return code.decode(self._codec)


class _EucJp(_Pairs):
    """EUC-JP, whose pairs are those of Windows-31J in another arrangement, and not Python's."""

    def decode_character(self, code: bytes) -> str:
        if len(code) == 2 and code[0] >= 0xA1 <= code[1] < 0xFF:
            row, cell = code[0] - 0xA1, code[1] - 0xA1
            lead = row // 2 + (0x81 if row < 62 else 0xC1)
            trail = cell + (0x9F if row % 2 else 0x40 + (cell >= 63))
            text = bytes([lead, trail]).decode("cp932")
            return REPLACEMENT if "\ue000" <= text <= "\uf8ff" else text
        return super().decode_character(code)


@cache
def _pairs(name: str) -> _Pairs:
    """The decoder of an East Asian encoding."""
    if name == "gb18030":
        pattern = r"[\x81-\xfe][0-9][\x81-\xfe]?\Z|[\x81-\xfe](?:[0-9][\x81-\xfe][0-9]|[^\x00-?\x7f])?|[\x80\xff]"
        return _Pairs("gb18030", pattern, "[\ue000-\uf8ff\u1e3f]", GB18030)
    if name == "shift_jis":
        pattern = r"[\x81-\x9f\xe0-\xfc][^\x00-?\x7f]?|[\x80-\xff]"
        return _Pairs("cp932", pattern, "[\uf8f0-\uf8f3]", dict.fromkeys("\xa0\xfd\xfe\xff", REPLACEMENT))
    if name == "euc-jp":
        pattern = r"\x8f[\xa1-\xfe][\x80-\xff]|[\x8e\x8f\xa1-\xfe][\x80-\xff]|[\x80-\xff]"
        return _EucJp("euc_jp", pattern, "[~〜‖−¢£¬]", {"\x8f\xa2\xb7": "～"})
    pattern = r"[\x81-\xfe][^\x00-?\x7f]?|[\x80\xff]"
    if name == "euc-kr":
        return _Pairs("cp949", pattern, "(?!)")
    return _Pairs("big5hkscs", pattern, "[•､‾∼♁☉／＼¥¢£]", dict(_added_to_big5()) | BIG5_SYMBOLS)


def _added_to_big5() -> Iterator[tuple[str, str]]:
    for start, characters in re.findall(r"([0-9A-F]{4})([^0-9A-F]+)", BIG5):
        lead, trail = bytes.fromhex(start)
        for character in characters:
            yield chr(lead) + chr(trail), character
            trail = 0xA1 if trail == 0x7E else trail + 1


@cache
def _table(name: str) -> str:
    """The 256 characters of a single-byte encoding. Bytes that Windows leaves undefined are control characters."""
    if name == "x-user-defined":
        return "".join(chr(byte if byte < 0x80 else 0xF700 + byte) for byte in range(256))
    codec = {"x-mac-cyrillic": "mac-cyrillic", "iso-8859-8-i": "iso-8859-8", "windows-874": "cp874"}.get(name, name)
    characters = list(bytes(range(256)).decode(codec, "replace"))
    for byte in range(0x80, 0xA0):
        if characters[byte] == REPLACEMENT and name.startswith("windows"):
            characters[byte] = chr(byte)
    for byte, character in SINGLE_BYTE.get(name, {}).items():
        characters[byte] = character
    return "".join(characters)


def _decode_iso_2022_jp(data: bytes) -> str:
    first, *rest = re.split(r"\x1b(\([BIJ]|\$[@B])", data.decode("latin-1"))
    parts = [re.sub(r"[\x0e\x0f\x1b\x80-\xff]", REPLACEMENT, first)]
    euc = _pairs("euc-jp")
    for escape, text in zip(rest[::2], rest[1::2], strict=True):
        if escape in ("$@", "$B"):
            parts += [
                euc[chr(ord(pair[0]) + 0x80) + chr(ord(pair[1]) + 0x80)] if len(pair) == 2 else REPLACEMENT
                for pair in re.findall(r"(?s)[!-~]{2}|.", text)
            ]
        elif escape == "(I":
            parts += [chr(ord(byte) + 0xFF61 - 0x21) if "!" <= byte <= "_" else REPLACEMENT for byte in text]
        else:
            text = re.sub(r"[\x0e\x0f\x1b\x80-\xff]", REPLACEMENT, text)
            parts.append(text.translate({0x5C: "¥", 0x7E: "‾"}) if escape == "(J" else text)
    return "".join(parts)


@cache
def _names() -> dict[str, str]:
    """Names of encodings by their labels."""
    found, name = {}, ""
    for word in LABELS.split():
        if word.endswith(":"):
            name = word[:-1]
        else:
            found[word] = name
    return found


def find_encoding(label: str) -> str | None:
    """Returns the standard's name of an encoding, or None for a label that the standard does not have."""
    return _names().get(label.strip("\t\n\f\r ").lower())


def decode(data: bytes, name: str) -> str:
    """Decodes without ever raising: U+FFFD stands for what means nothing. name: as `find_encoding` returns it."""
    if name in ("utf-8", "utf-16le", "utf-16be"):
        return data.decode(name, "replace")
    if name == "replacement":
        return REPLACEMENT if data else ""
    if name == "iso-2022-jp":
        return _decode_iso_2022_jp(data)
    if name in ("gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr"):
        return _pairs("gb18030" if name == "gbk" else name).decode(data)
    return codecs.charmap_decode(data, "strict", _table(name))[0]
