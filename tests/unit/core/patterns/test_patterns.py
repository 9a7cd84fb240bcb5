"""Held against JavaScript's own RegExp, in Node."""

import json
import re
import shutil
import subprocess
from random import Random

import pytest

from staysail.core.patterns import PatternError, PatternTooCostly, compile_pattern

# A pattern that the `u` flag refuses is read without it, as Annex B has it; there a property is nothing but a letter.
ORACLE = r"""
let text = "";
process.stdin.on("data", (chunk) => (text += chunk)).on("end", () => {
  const out = JSON.parse(text).map(([pattern, value]) => {
    for (const flag of /\\[pPu]/.test(pattern) ? ["u"] : ["u", ""]) {
      try { return new RegExp(pattern, flag).test(value); } catch {}
    }
    return null;
  });
  process.stdout.write(JSON.stringify(out));
});
"""


def in_javascript(pairs: list[tuple[str, str]]) -> list[bool | None]:
    node = shutil.which("node")
    assert node, "the tests need Node"
    return json.loads(subprocess.run([node, "-e", ORACLE], input=json.dumps(pairs), capture_output=True, text=True, check=True).stdout)


def here(pattern: str, text: str) -> bool:
    return compile_pattern(pattern).search(text)[0]


ATOMS = re.split(
    " ",
    r"a b 1 é _ - / . \d \D \w \W \s \S \. \/ \- \n \u0061 \x62 \p{L} \P{L} \p{Lu} \p{N} \p{Letter} \p{gc=Nd} \p{White_Space} [ab] [^ab] "
    r"[a-c1-3] [\w.-] [\d\s] [^\p{L}] [] [^] [\b] ^ $ \b \B (?=a) (?!b) (?<=a) (?<!a) (?<=^|b) (?=.*\d)",
)
QUANTIFIERS = ["*", "+", "?", "{2}", "{0,2}", "{1,}", "*?", "+?", "??", "{1,2}?"]
SHAPES = re.split(
    " ",
    r"{a}{b} {a}{b}{c} (?:{a}){q} ({a}){q} ({a}|{b}){q} (?:{a}|{b}|{c}) (?:({a}){b}\1) (?={a}) (?!{a}{b}) (?<={a}{b}) (?<!{a}) "
    r"{a}*{b}*{a}*",
)
REFUSED = re.split(
    " ",
    r"( ) [ a** + \A1 a\Z [[:alpha:]] \p{Script=Han} (?>a) a++ x{,3} \2(a) \k<n> [b-a] a{2,1} (?<=a)* \u12 \u{110000} (?#n)a \ "
    r"(?:a{9}b){19999}",
)


def some_pattern(pick: Random, depth: int) -> str:
    if depth == 0:
        return pick.choice(ATOMS)
    shape = pick.choice(SHAPES).replace("{q}", pick.choice(QUANTIFIERS))
    for name in ("{a}", "{b}", "{c}"):
        shape = shape.replace(name, some_pattern(pick, depth - 1))
    return shape


@pytest.mark.parametrize("seed", range(4))
def test_a_pattern_matches_where_javascript_says_so(seed: int):
    # Groups are numbered over the whole pattern, so a reference in a second group means the first.
    pick = Random(seed)
    pairs = [
        (some_pattern(pick, pick.randrange(4)), "".join(pick.choices("aabbc1239_é-/. \nÄ", k=pick.randrange(9)))) for _ in range(2_000)
    ]
    decided = 0
    for (pattern, text), wanted in zip(pairs, in_javascript(pairs), strict=True):
        if wanted is None:
            continue
        try:
            found = here(pattern, text)
        except PatternError:
            continue
        assert found is wanted, (pattern, text)
        decided += 1
    assert decided > 1_200


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^[\p{L}\p{N} _.-]+$", "Größe 2"),
        (r"^(?<hour>\d{2}):(?<minute>\d{2})$", "12:30"),
        (r"^https\:\/\/", "https://example.com"),
        (r"^\d+$", "٣"),
        (r"^a$", "a\n"),
        (r"^\w+$", "é"),
        (r"^\S+$", "a\u00a0b"),
        (r"^\s$", "\ufeff"),
        (r"^\s$", "\x1c"),
        (r"^.$", "\u2028"),
        (r"^.$", "\x85"),
        (r"^.$", "😀"),
        (r"^[\u{1F600}-\u{1F64F}]$", "😀"),
        (r"(?<=\$)\d+(?:\.\d\d)?", "costs $42.00"),
        (r"(?<!\$)\b\d+", "$42"),
        (r"^(?<a>.)(?<b>.)\k<b>\k<a>$", "abba"),
        (r"^(?:(a)|b)*\1$", "ab"),
        (r"(?<=(\d+)(\d+))$", "1053"),
        (r"(?<=\1(a))b", "aab"),
        (r"^(?:(x)|(y))\1\2$", "yy"),
        (r"^(a*)*$", "aaaab"),
        (r"^(?=(a+))\1b$", "aaab"),
        (r"^[\w-.]+$", "a-b.c"),
        (r"^{{name}}$", "{{name}}"),
        (r"^x{,3}$", "x{,3}"),
        (r"^a{2}b{0}c{1,}$", "aacc"),
        (r"\cJ", "\n"),
        (r"^\0$", "\0"),
        (r"[^\d\D]", "x"),
        (r"^(?:a|ab)(?:c|bcd)(?:d*)$", "abcd"),
    ],
)
def test_what_differs_between_languages_is_javascripts_way(pattern: str, text: str):
    [wanted] = in_javascript([(pattern, text)])
    try:
        assert here(pattern, text) is wanted
    except PatternError:
        assert pattern == "^x{,3}$"


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"(?i)^straße$", "STRAßE", True),
        (r"(?i)^[a-f]+$", "BEEF", True),
        (r"^a(?i:b)c$", "aBc", True),
        (r"^a(?i:b)c$", "ABc", False),
        (r"^(?P<word>\w+) (?P=word)$", "so so", True),
        (r"^\pL+$", "Größe", True),
        (r"(?m:^b$)", "a\nb\nc", True),
        (r"^(?s:.)$", "\n", True),
    ],
)
def test_modifiers_and_habits_of_other_languages_are_read(pattern: str, text: str, matches: bool):
    assert here(pattern, text) is matches


@pytest.mark.parametrize("pattern", [*REFUSED, "(" * 100 + ")" * 100, "x" * 50_001], ids=lambda pattern: pattern[:12])
def test_a_pattern_whose_meaning_is_not_certain_is_refused(pattern: str):
    with pytest.raises(PatternError):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        ("(a+)+$", "a" * 100_000, True),
        ("(a+)+$", "a" * 100_000 + "b", False),
        (r"^(\w+\s?)*$", "word " * 20_000 + "!", False),
        ("(x+x+)+y", "x" * 50_000, False),
        ("(a|aa)+$", "a" * 50_000 + "b", False),
        ("(.*?,){11}P", "1,2,3,4,5,6,7,8,9,10,11,12," * 1_000, False),
        ("^[^<>]*$", "x" * 500_000, True),
        ("foo", "x" * 500_000, False),
        (r"^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 50_000, False),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_pattern_that_backtracks_for_ever_elsewhere_ends(pattern: str, text: str, matches: bool):
    assert here(pattern, text) is matches


@pytest.mark.parametrize(("pattern", "text"), [("(?=.*z)a", "a" * 100_000), (r"^(.*)(.*)\1\2x$", "ab" * 2_000)])
def test_a_search_that_cannot_be_kept_short_is_given_up(pattern: str, text: str):
    with pytest.raises(PatternTooCostly, match="given up after"):
        here(pattern, text)
