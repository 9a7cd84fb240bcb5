"""Pages as people have them: accordions, tabs, broken markup, invisible text, formulas; and what of them is left out and counted."""

import pytest

from staysail.rag.markup import read_html
from staysail.rag.notes import Notes

BOOTSTRAP = """<h2 class="accordion-header"><button class="accordion-button collapsed" type="button" data-bs-toggle="collapse"
 data-bs-target="#one" aria-expanded="false" aria-controls="one">What does it cost?</button></h2>
<div id="one" class="accordion-collapse collapse"><div class="accordion-body">Twelve crowns.</div></div>"""
ARIA = """<h3><button aria-expanded="false" aria-controls="sect1" id="a">May dogs come?</button></h3>
<div id="sect1" role="region" aria-labelledby="a" hidden><p>On a lead.</p></div>"""
TABS = """<div role="tablist"><button role="tab" aria-controls="p1">Fees</button><button role="tab" aria-controls="p2">Rules</button></div>
<div role="tabpanel" id="p1">Twelve.</div><div role="tabpanel" id="p2" hidden>No fires.</div>"""


@pytest.mark.parametrize(
    ("html", "text"),
    [
        # Headings that are buttons and summaries
        (BOOTSTRAP, "## What does it cost?\n\nTwelve crowns."),
        (ARIA, "### May dogs come?\n\nOn a lead."),
        (TABS, "Fees\n\nRules\n\nTwelve.\n\nNo fires."),
        ("<details><summary>Where?</summary><p>East quay.</p></details><p>end", "Where?\n\nEast quay.\n\nend"),
        ("<details><summary><h3>Where?</h3></summary>East.</details>", "### Where?\n\nEast."),
        ("<button><h3>Question</h3></button><p>Answer", "### Question\n\nAnswer"),
        ('<div role="heading" aria-level="4">Rules</div><p>None', "#### Rules\n\nNone"),
        ('<button aria-expanded="true" aria-haspopup="menu">File</button><p>x', "x"),
        ("<p>x<button>Accept all cookies</button>y</p>", "x y"),
        ('<a role="button" href="#">A link</a>', "A link"),
        # Hidden or not
        ('<div hidden="until-found">Found</div><div hidden>Not</div>', "Found"),
        ('<p style="color: red; display:none">no</p><p style="visibility: hidden">no</p><p style="font-size:0">no</p>yes', "yes"),
        ('<p style="font-size:0.9em">yes</p><p style="opacity:0.5">too</p>', "yes\n\ntoo"),
        ('<button data-target="#x">More</button><div id="x" style="display: none">Details</div>', "More\n\nDetails"),
        ("<template>no</template><div><template shadowrootmode=open><p>shadow</p></template>light</div>", "shadow\n\nlight"),
        ("<noscript>Turn it on</noscript>yes", "yes"),
        ("<dialog>no</dialog><dialog open>yes</dialog>", "yes"),
        ("<ul><li hidden>no<li>yes</ul>", "- yes"),
        ("<p hidden>no<p>yes<div hidden>no<p>no</div>yes", "yes\n\nyes"),
        ("<div><span hidden>no</div>yes", "yes"),
        ("<table><tr><td hidden>no<td>yes<tr hidden><td>no<tr><td>too</table>", "yes\ntoo"),
        # Lists
        ("<ol><li>one<li>two<ol><li>inner</ol><li>three</ol>", "1. one\n2. two\n1. inner\n3. three"),
        ("<ol start=4><li>four<li value=9>nine<li>ten</ol>", "4. four\n9. nine\n10. ten"),
        ("<ul><li>a<ul><li>b<ul><li>c</ul></ul><li>d</ul>", "- a\n- b\n- c\n- d"),
        ("<dl><dt>Term<dd>Meaning<dd>Another</dl>", "Term\nMeaning\nAnother"),
        ("<li>no list", "- no list"),
        # Tables
        ("<table><tr><td>a<br>b<td>c<tr><td><td>d</table>", "a b | c\n| d"),
        ("<table><tr><td><table><tr><td>in</table><td>out</table>", "in\n\nout"),
        ("<table><caption>Fees</caption><thead><tr><th>a<th>b<tbody><tr><td>1<td>2</table>", "Fees\na | b\n1 | 2"),
        ("<table>text<tr><td>x</table>", "text\nx"),
        # Raw text and formulas
        ("<title>T</title><textarea>no</textarea><xmp><b>as is</b></xmp>", "<b>as is</b>"),
        ("a<script>if (a < b) '<p>'</script>b<style>p > a</style>", "a b"),
        ("<script>never closed <p>no", ""),
        ("<title>never closed<p>yes", "yes"),
        ("<p>x<math><mfrac><mi>a</mi><mi>b</mi></mfrac><annotation>no</annotation></math>", "xab"),
        ('<p>so <math alttext="\\frac{a}{b}"><mi>a</mi></math>.', "so \\frac{a}{b} ."),
        ("<svg aria-label='Chart of tides'><text>no</text></svg>", "Chart of tides"),
        # Broken
        ("1 < 2 && 3 > 2 <3", "1 < 2 && 3 > 2 <3"),
        ("<p>a</b></p></div>b", "a\n\nb"),
        ("a<!-- open", "a<!-- open"),
        ("a<!-- open <p>b", "ab"),
        ("a<!--->b<!-->c<!-- x --!>d", "abcd"),
        ('<a href="x>open</a><p>b', "open\n\nb"),
        ("<p>x</p", "x</p"),
        ("<?php echo 1; ?>a<!DOCTYPE html [<!ENTITY x 'y'>]>b", "ab"),
        ("<p>&#0;&#x110000;&#xD800;&notit;&amp;lt;", "\ufffd\ufffd\ufffd¬it;&lt;"),
        ("a<wbr>b<b>c</b>d", "abcd"),
        ("<title>a</title>b<title>c</title>d", "b d"),
        ("a<svg><path><p>never closed", "a\n\nnever closed"),
        ("a<svg><foreignObject><p>no</p></foreignObject><text>no</text></svg>b", "a b"),
        ("<p>a<template><p>no</template>b", "a b"),
        ("<P CLASS=x>A<BR/>b</P>", "A\nb"),
        ("<body><frameset><noframes>old</noframes>", "old"),
    ],
)
def test_a_page_reads_as_its_reader_sees_it(html, text):
    assert read_html(html).text == text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<html><head><title/><script src='x'/></head><body><a id='x'/><p/>text</body></html>", "text"),
        ("<p>a<![CDATA[<b> & c]]>d</p>", "a<b> & cd"),
        ("<div hidden='hidden'/><p>yes</p>", "yes"),
        ("<!DOCTYPE html [<!ENTITY nbsp '&#160;'>]><p>a&nbsp;b</p>", "a b"),
        ("<xhtml:p xmlns:xhtml='x'>a</xhtml:p>", "a"),
    ],
)
def test_in_xhtml_an_element_ends_where_it_says_so(html, text):
    assert read_html(html, xml=True).text == text


def test_what_is_left_out_is_counted_and_what_has_no_text_is_not():
    html = """<nav>Home</nav><p>x</p><button>OK</button><input type=hidden><input><select><option>1</select><button></button>
    <p hidden>a</p><p hidden></p><img><img alt=""><img alt=y><svg><text>t</text></svg><video>v</video><script>s</script><style>s</style>"""
    notes = Notes()
    assert read_html(html, notes=notes).text == "x\n\ny"
    assert notes.lines() == (
        "buttons, form fields and menus left out: 4",
        "hidden parts left out: 1",
        "pictures without a description left out: 1",
        "drawings and embedded media left out: 2",
    )


def test_places_lead_back_to_the_source_also_through_references_and_buttons():
    html = "<h2><button>Fees &amp; rules</button></h2><p>Twelve\n  crowns &mdash; a&nbsp;night.</p>"
    page = read_html(html)
    assert page.text == "## Fees & rules\n\nTwelve crowns — a night."
    at = page.text.index("crowns")
    start, end = page.locate(at, at + len("crowns — a"))
    assert html[start:end] == "crowns &mdash; a"
