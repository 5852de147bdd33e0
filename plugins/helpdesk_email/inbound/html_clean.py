"""HTML from strangers, made harmless by an allow-list of our own (nh3), and bounded before that costs anything.

What remains can show text, tables, links and the mail's own pictures (`cid:`), and nothing else: no script, handler,
form, frame, style sheet, remote reference or position. Ids and classes remain only where they tell a quotation or a
signature apart. Cleaning twice changes nothing: what is still in motion after some rounds is shown as plain text.
"""

# ruff: noqa: SIM905 - word lists read better as one text

import html
import re
from functools import lru_cache
from itertools import islice
from typing import Final

import nh3

from . import limits

QUOTE_MARKERS: Final = frozenset({"appendonsend", "divrplyfwdmsg", "stopspelling", "outlookmessageheader"})
"""Ids and classes after which everything is a quotation: Outlook writes it without a frame around it."""
QUOTE_FRAMES: Final = frozenset(
    {
        "yahoo_quoted",
        "olk_src_body_section",
        "isforwardcontent",
        "isreplycontent",
        "mail-editor-reference-message-container",
        "ms-outlook-mobile-reference-message",
        "protonmail_quote",
        "tutanota_quote",
        "quote",
    }
)
"""Ids, classes and names of elements whose content is a quotation."""
SIGNATURES: Final = frozenset(
    {
        "gmail_signature",
        "signature",
        "applemailsignature",
        "ms-outlook-mobile-signature",
        "protonmail_signature_block",
        "tutanota_signature",
    }
)
"""Ids and classes of elements that hold a signature."""
_MARKS: Final = QUOTE_MARKERS | QUOTE_FRAMES | SIGNATURES | {"gmail_quote", "gmail_attr", "moz-cite-prefix"}

_TAGS: Final = set(
    "a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup"
    " dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main"
    " mark nav ol p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td tfoot th"
    " thead time tr tt u ul var wbr".split()
)
_GONE_WITH_CONTENT: Final = set(
    "script style title template noscript noembed noframes iframe object embed applet svg math select textarea".split()
)
_CELL: Final = {"align", "valign", "width", "height", "bgcolor", "colspan", "rowspan"}
_ATTRIBUTES: Final = {
    "*": {"dir", "lang", "style", "class", "id"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "blockquote": {"type"},
    "div": {"align", "name"},
    "p": {"align"},
    "font": {"color", "face", "size"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "type"},
    "li": {"value"},
    "table": {"align", "width", "bgcolor", "border", "cellpadding", "cellspacing"},
    "tr": {"align", "valign", "bgcolor"},
    "td": _CELL,
    "th": _CELL,
    "col": {"span", "width"},
}
_STYLES: Final = set(
    "color background-color font font-family font-size font-style font-weight font-variant line-height"
    " text-align text-decoration text-indent text-transform white-space vertical-align direction width height"
    " max-width margin margin-top margin-right margin-bottom margin-left padding padding-top padding-right"
    " padding-bottom padding-left border border-top border-right border-bottom border-left border-color"
    " border-style border-width border-collapse border-spacing list-style-type".split()
)
_STYLE_RISK: Final = re.compile(
    r"(?i)url|expression|image|element|behaviou?r|binding|import|var\s*\(|attr\s*\(|[\\@<]|/\*"
)
_LINK: Final = re.compile(r"(?i)(?:https?://|mailto:|tel:)[^\s\x00-\x20]")
_PICTURE: Final = re.compile(
    r"(?i)cid:[^\s\x00-\x20\"'<>]{1,500}\Z|data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z"
)
_ROUNDS: Final = 4
_DEPTH_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]*)")
_FLAT: Final = frozenset(
    # Elements that hold nothing, and those that end by themselves when the next of them begins.
    "area base br col embed hr img input link meta param source track wbr p li dt dd td th tr thead tbody"
    " tfoot option html head body colgroup o:p".split()
)
_TAG_TEXT: Final = re.compile(r"<[^<>]*>?")
_BREAKING: Final = re.compile(r"(?i)<(?:br|/?(?:p|div|tr|li|h[1-6]|table|blockquote))\b")
_INVISIBLE_BLOCK: Final = ("<script", "<style", "<title")


def clean_html(source: str) -> tuple[str, tuple[str, ...]]:
    """Return the harmless part of an HTML text and what was cut: `html-cut`, `html-too-deep`, `html-unstable`."""
    defects: list[str] = []
    if len(source) > limits.HTML_CHARACTERS:
        source = source[: limits.HTML_CHARACTERS]
        defects.append("html-cut")
    deep = _too_deep_at(source)
    if deep is not None:
        source = source[:deep]
        defects.append("html-too-deep")
    cleaned = _CLEANER.clean(source.replace("\x00", ""))
    if _SHAPE.clean(cleaned) == cleaned:
        return cleaned, tuple(defects)
    for _ in range(_ROUNDS):
        again = _CLEANER.clean(cleaned)
        if again == cleaned:
            return cleaned, tuple(defects)
        cleaned = again
    return as_html(plain_of(cleaned)), (*defects, "html-unstable")


def as_html(text: str) -> str:
    """Return plain text as HTML that is a fixed point of `clean_html`."""
    escaped = html.escape(text, quote=False).replace("\xa0", "&nbsp;")
    return f'<div style="white-space:pre-wrap">{escaped}</div>'


def plain_of(source: str) -> str:
    """Return the text of HTML without any understanding of it: what is left when nothing better may be tried."""
    for opening in _INVISIBLE_BLOCK:
        source = _without_element(source, opening)
    source = _TAG_TEXT.sub("", _BREAKING.sub("\n<x ", source))
    lines = (" ".join(line.split()) for line in html.unescape(source).splitlines())
    return "\n".join(line for line in lines if line)


def _without_element(source: str, opening: str) -> str:
    closing = "</" + opening[1:]
    lower = source.lower()
    if len(lower) != len(source):
        return source
    pieces: list[str] = []
    position = 0
    while (start := lower.find(opening, position)) >= 0:
        pieces.append(source[position:start])
        end = lower.find(closing, start)
        position = len(source) if end < 0 else end
    pieces.append(source[position:])
    return "".join(pieces)


def _too_deep_at(source: str) -> int | None:
    """Return where the elements first stand deeper than the limit.

    This counts tags and understands nothing: hidden tags can deceive it. It spares honest mail and simple bombs the
    sanitiser's quadratic time; against the clever ones stands the processor limit of the process this runs in.
    """
    if source.count("<") <= limits.HTML_LEVELS:
        return None
    depth = 0
    for number, (closing, name) in enumerate(_DEPTH_TAG.findall(source)):
        if name.lower() in _FLAT:
            continue
        if closing:
            depth = max(depth - 1, 0)
            continue
        depth += 1
        if depth > limits.HTML_LEVELS:
            return next(islice(_DEPTH_TAG.finditer(source), number, None)).start()
    return None


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value an attribute may keep, or None when it must go; mails repeat the same ones a lot."""
    return _remembered(tag, name, value) if len(value) < 200 else _allowed(tag, name, value)


def _allowed(tag: str, name: str, value: str) -> str | None:
    match name:
        case "href":
            return value if _LINK.match(value.strip()) else None
        case "src":
            return value if tag == "img" and _PICTURE.match(value.strip()) else None
        case "style":
            return None if _STYLE_RISK.search(value) else value
        case "class" | "id":
            kept = [word for word in value.split()[:20] if word.lower() in _MARKS]
            return " ".join(kept[:1] if name == "id" else kept) or None
        case "name" | "type" if tag in {"div", "blockquote"}:
            return value if value in {"quote", "cite"} else None
        case _:
            return value


_remembered: Final = lru_cache(maxsize=2048)(_allowed)

_CLEANER: Final = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_GONE_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    filter_style_properties=_STYLES,
)

_SHAPE: Final = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=_GONE_WITH_CONTENT,
    attributes=_ATTRIBUTES,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
)
"""Without the filters, which change nothing in what they let pass: tells quickly whether the structure is at rest."""
