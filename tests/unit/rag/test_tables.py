"""Tables as people have them: from Excel, from pandas, from mainframes, cut and pasted."""

import json

import pytest

from staysail import LoaderError, load_documents


async def read(data, name="a.csv"):
    return await load_documents((name, data if isinstance(data, bytes) else data.encode()))


async def texts(data, name="a.csv"):
    return [document.text for document in await read(data, name)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # Delimiters
        ("sep=;\nname;age\nBo;3\n", ["name: Bo\nage: 3"]),
        ('"sep=|"\r\nname|age\r\nBo|3', ["name: Bo\nage: 3"]),
        ("SEP=\t\nname\tage\nBo\t3\n", ["name: Bo\nage: 3"]),
        ("\ufeffsep=^\nname^age\nBo^3,5\n", ["name: Bo\nage: 3,5"]),
        ("name;price\nBo;1,5\nCy;2,5\n", ["name: Bo\nprice: 1,5", "name: Cy\nprice: 2,5"]),
        ("name|a;b|c,d\n1|2;3|4,5\n", ["name: 1\na;b: 2;3\nc,d: 4,5"]),
        # One column
        ("text\nHello, world\nI came, I saw, I conquered\n", ["text: Hello, world", "text: I came, I saw, I conquered"]),
        ('quote\n"Hello, world"\n\'tis, I say\n', ["quote: Hello, world", "quote: 'tis, I say"]),
        ("name\nSmith; John\nDoe; Jane", ["name: Smith; John", "name: Doe; Jane"]),
        # Quotes
        ('name,size\nPipe,5" wide\nRod,"3"" long"\n', ['name: Pipe\nsize: 5" wide', 'name: Rod\nsize: 3" long']),
        ('a,b\n1,"He said "hi" there"\n2,x\n', ['a: 1\nb: He said "hi" there', "a: 2\nb: x"]),
        ('a,b\n1,"12 inch, wide\n2,"ok"\n', ['a: 1\nb: "12 inch\ncolumn 3: wide', "a: 2\nb: ok"]),
        ('a, b\n1, "x, y"\n2 , "z" \n', ["a: 1\nb: x, y", "a: 2\nb: z"]),
        ('a,b\n"",""\n"1",""\n', ["a: 1"]),
        ('a,b\n"one\n\ntwo",2\n', ["a: one\n\ntwo\nb: 2"]),
        ('a,b\n"x" y,2\n', ['a: "x" y\nb: 2']),
        ("a,b\n'x, y',2\n", ["a: 'x\nb: y'\ncolumn 3: 2"]),
        ('a,b\n""\n"", 1\n', ["b: 1"]),
        ('"a","b"\n"1","2', ['a: 1\nb: "2']),
        # Rows
        ("a,b,c\n1\n1,2,3,4,5\n,,3\n", ["a: 1", "a: 1\nb: 2\nc: 3\ncolumn 4: 4\ncolumn 5: 5", "c: 3"]),
        ("a,b\n\n\n1,2\n , \n3,4\n\n", ["a: 1\nb: 2", "a: 3\nb: 4"]),
        ("\n\na,b\n1,2", ["a: 1\nb: 2"]),
        ("a,b\r1,2\r3,4\r", ["a: 1\nb: 2", "a: 3\nb: 4"]),
        ("a,b\n1,2\r\n3,4\r5,6", ["a: 1\nb: 2", "a: 3\nb: 4", "a: 5\nb: 6"]),
        ("a,b,\n1,2,\n", ["a: 1\nb: 2"]),
        # Headers
        ("a,a,,a\n1,2,3,4\n", ["a: 1\na 2: 2\ncolumn 3: 3\na 3: 4"]),
        ('"two\nlines",b\n1,2\n', ["two lines: 1\nb: 2"]),
        ("Report 2024\nname,age\nBo,3\n", ["Report 2024: name,age", "Report 2024: Bo,3"]),
        # What is no text
        (b"a,b\nBo\0\0,2\n" + b"x,y\n" * 9, ["a: Bo\nb: 2"] + ["a: x\nb: y"] * 9),
        ("a,b\nÄ,é\n".encode("cp1252"), ["a: Ä\nb: é"]),
        ("a,b\nÄ,語\n".encode("utf-16"), ["a: Ä\nb: 語"]),
        ("a\tb\nÄ\t語\n".encode("utf-16-le"), ["a: Ä\nb: 語"]),
        ("a,b\n", []),
        ("", []),
        ("   \n ", []),
    ],
)
async def test_a_table_is_read_as_it_was_meant(data, expected):
    assert await texts(data) == expected


async def test_cells_may_be_of_any_length_and_rows_of_any_number():
    long = "word " * 40_000
    rows = await texts(f'id,text\n1,short\n2,"{long}"\n3,after\n')
    assert (len(rows), rows[1], rows[2]) == (3, f"id: 2\ntext: {long.strip()}", "id: 3\ntext: after")
    wide = ",".join(map(str, range(20_000)))
    (row,) = await texts(f"{wide}\n{wide}\n")
    assert row.endswith("19999: 19999")


@pytest.mark.parametrize(("name", "data"), [("a.tsv", 'a\tb\n1,2\t"3"\n'), ("a.tab", "a\tb\n1,2\t3\n"), ("a.psv", "a|b\n1,2|3\n")])
async def test_names_tell_the_delimiter_too(name, data):
    assert await texts(data, name) == ["a: 1,2\nb: 3"]


async def test_rows_know_their_lines_and_places_whatever_ends_them():
    text = 'sep=,\r\na,b\r"x\ny",2\r\n\n3,"4"\n'
    rows = await read(text)
    assert [(row.metadata["row"], row.metadata["line"]) for row in rows] == [(1, 3), (2, 6)]
    assert [text[row.metadata["start"] : row.metadata["end"]] for row in rows] == ['"x\ny",2\r\n', '3,"4"\n']


async def test_what_was_guessed_or_left_out_is_noted_where_it_was_met():
    rows = await read('a,b\n1,2\n3,"4\n5,6\n7,"8\n')
    assert [row.notes for row in rows] == [
        (),
        ("quotes that never close read as text: 1",),
        (),
        ("quotes that never close read as text: 1",),
    ]
    (row,) = await read(f"{'k' * 500},b\n1,2\n")
    assert row.text == f"{'k' * 200}…: 1\nb: 2"
    assert row.notes == ("names of columns cut to 200 characters: 1",)


# JSON


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.json", '{"a": 1}\n{"a": 2}\n', ["a: 1", "a: 2"]),
        ("a.json", '\ufeff{"a": 1}\r\n\r\n{"a": 2}', ["a: 1", "a: 2"]),
        ("a.jsonl", '# made by hand\n{"a": 1}\n\n// more\n{"a": 2}\n', ["a: 1", "a: 2"]),
        ("a.jsonl", '{"a": 1}\n\ufeff{"a": 2}\n', ["a: 1", "a: 2"]),
        ("a.jsonl", '"one"\n2\n[3, 4]\nnull\n', ["one", "2", "[0]: 3\n[1]: 4"]),
        ("a.jsonl", '{"a": 1}\n{"a": 2\n{"a": 3}\n', ["a: 1", "a: 3"]),
        ("a.jsonl", '[{"a": 1}, {"a": 2}]\n', ["a: 1", "a: 2"]),
        ("a.json", '[{"a": NaN, "b": Infinity, "c": 1}]', ["c: 1"]),
        ("a.json", '[{"a": ' + "9" * 5000 + ', "b": 2}, "x"]', ["b: 2", "x"]),
        ("a.json", '[{"a": "\\ud83d\\ude00 \\ud83d"}]', ["a: 😀 \ufffd"]),
        ("a.json", '{"a": "b\0c"}', ["a: b c"]),
        ("a.geojson", '{"type": "Point", "coordinates": [1.5, -2]}', ["type: Point\ncoordinates[0]: 1.5\ncoordinates[1]: -2"]),
        ("a.json", "[]", []),
        ("a.json", "{}", []),
        ("a.json", '{"' + "k" * 300 + '": 1}', ["…" + "k" * 200 + ": 1"]),
    ],
)
async def test_json_is_read_item_by_item(name, data, expected):
    assert await texts(data, name) == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{'a': 1}", "JSON5, not JSON"),
        ('{"a": 1,}', "JSON5, not JSON"),
        ('// settings\n{"a": 1, b: 2}', "JSON5, not JSON"),
        ("[1, 2", "is no JSON"),
        ("", "is no JSON"),
        ("<html>", "is no JSON"),
        ("[" * 5000, "nested deeper than 100 levels"),
        ('{"a": 1} {"a": 2}', "is no JSON"),
    ],
)
async def test_what_is_no_json_is_refused_with_its_place(data, message):
    with pytest.raises(LoaderError, match=message) as caught:
        await read(data, "a.json")
    assert (caught.value.code, caught.value.file) == ("broken", "a.json")


async def test_lines_that_are_broken_are_counted_with_the_first_of_them():
    documents = await read('{"a": 1}\n{"a"\n{\n{"a": 2}', "a.jsonl")
    assert [document.metadata["line"] for document in documents] == [1, 4]
    (note,) = documents[1].notes
    assert note.startswith("lines left out that are no JSON: 2 (line 2 cannot be read as JSON")


async def test_metadata_is_what_any_store_takes():
    item = {"text": "x", "long": "y" * 9000, "half": "\ud83d", "metadata": {"deep": {"half": "\ud83d"}, "big": list(range(5000)), "n": 1}}
    (document,) = await read(json.dumps([item]), "a.json")
    assert document.metadata["long"] == "y" * 4096
    assert (document.metadata["half"], document.metadata["deep"]) == ("\ufffd", {"half": "\ufffd"})
    assert (document.metadata["big"], document.metadata["n"]) == (None, 1)
    assert document.notes == ("fields of metadata cut to 4,096 characters: 1", "fields of metadata left out that are too long: 1")
