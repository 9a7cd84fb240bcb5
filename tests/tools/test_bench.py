"""What `make bench` keeps and draws of its figures."""

from xml.etree import ElementTree

from bench import results
from bench.chart import Panel, draw
from bench.harness import Row, as_json

SVG = "{http://www.w3.org/2000/svg}"


def table(*rows, day="2026-01-01"):
    return {"machine": {"processors": 2}, "day": day, "rows": as_json(rows)}


def test_a_benchmark_measured_alone_replaces_its_own_table_and_leaves_the_others(tmp_path):
    path = tmp_path / "results.json"
    assert results.load(path) == {}
    first = {name: table(Row("A", name, 1.0, "ms")) for name in ("start", "gone", "prompts")}
    results.save(path, first)
    newer = {"start": table(Row("A", "start", 2.0, "ms", spread=(1.0, 3.0)), day="2026-02-02")}
    merged = results.merge(results.load(path), newer, ["prompts", "start"])
    results.save(path, merged)
    kept = results.load(path)
    assert list(kept) == ["prompts", "start"]
    assert kept["prompts"] == first["prompts"]
    assert (kept["start"]["day"], kept["start"]["rows"][0]["value"], kept["start"]["rows"][0]["spread"]) == ("2026-02-02", 2.0, [1.0, 3.0])


def test_bars_are_as_long_as_their_ratios_and_what_was_not_measured_is_left_out():
    rows = [Row("A < B", "plain & slow", 400.0, "ms"), Row("A < B", "boot(), worker", 100.0, "ms"), Row("A < B", "below zero", -1.0, "ms")]
    panels = [Panel("Start", "A < B", "plain & slow"), Panel("Missing", "C", "x")]
    drawing = ElementTree.fromstring(draw({"start": table(*rows)}, panels))
    texts = [text.text for text in drawing.iter(f"{SVG}text")]
    assert texts[0] == "Start"
    assert "Missing" not in texts
    assert "plain & slow" in texts
    assert "100 ms  ·  0.25 ×" in texts
    bars = [rect for rect in drawing.iter(f"{SVG}rect") if rect.get("class") in ("bar", "ours")]
    slow, ours, least = (float(bar.get("width")) for bar in bars)
    assert abs(ours / slow - 0.25) < 0.001
    assert least == 1
    assert [bar.get("class") for bar in bars] == ["bar", "ours", "bar"]
    width = float(drawing.get("width"))
    assert all(float(bar.get("x")) + float(bar.get("width")) < width for bar in bars)


def test_the_chart_has_colours_for_light_and_dark_pages():
    style = ElementTree.fromstring(draw({})).find(f"{SVG}style").text
    light, dark = style.split("@media (prefers-color-scheme: dark)")
    for name in ("--paper", "--ink", "--faint", "--bar", "--ours"):
        assert f"{name}:" in light
        assert f"{name}:" in dark
