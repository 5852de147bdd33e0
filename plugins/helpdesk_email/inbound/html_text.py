"""HTML to text that reads well: paragraphs, lists, tables, links, and quotations marked as people mark them.

The input is what `html_clean` returned, whose tags are well formed, so one regular expression finds them in linear
time (the standard library's parser is quadratic on hostile input). The output is lines: `> ` stands before what the
sender's program framed as a quotation, `-- ` before what it framed as a signature.
"""

# ruff: noqa: SIM905 - word lists read better as one text

import html
import re
from typing import Final, NamedTuple

from .html_clean import QUOTE_FRAMES, QUOTE_MARKERS, SIGNATURES

_TOKEN: Final = re.compile(r"""<(/?)([a-z][a-z0-9]*)((?:[^">]|"[^"]*")*+)>|([^<]+)|<""")
_ATTRIBUTE: Final = re.compile(r'([a-z-]+)="([^"]*)"')
_SPACE: Final = re.compile(r"[ \t\n\f\r\u200b\u200c\u00ad]+")
_PARAGRAPHS: Final = frozenset("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre figure".split())
_BLOCKS: Final = frozenset(
    "div li tr dt dd section article aside header footer main nav address center caption figcaption".split()
)
_VOID: Final = frozenset({"br", "hr", "img", "wbr", "col"})
_DEEPEST_MARK: Final = 20
_RULE: Final = "_" * 32


class Rendered(NamedTuple):
    """The text of an HTML part."""

    text: str
    quoted_from: int | None
    """Offset in the text from which all of it is a quotation without marks of its own, as Outlook writes it."""


def render_html(cleaned: str) -> Rendered:
    """Return the text of cleaned HTML."""
    return _Renderer().render(cleaned)


class _Renderer:
    """Lines are collected; breaks are only asked for, and made when text follows, so that they never pile up."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.breaks = 0
        self.space = False
        self.separator = False
        self.quote = 0
        self.pre = 0
        self.lists: list[int] = []
        self.marker = ""
        self.row_start = 0
        self.fresh_cell = False
        self.cells = 0
        self.open: list[tuple[str, str, int]] = []
        self.quoted_line: int | None = None

    def render(self, cleaned: str) -> Rendered:
        for match in _TOKEN.finditer(cleaned):
            closing, tag, attributes, text = match.groups()
            if text is not None:
                self._text(html.unescape(text) if "&" in text else text)
            elif tag and closing:
                self._close(tag)
            elif tag:
                self._open(tag, dict(_ATTRIBUTE.findall(attributes)) if "=" in attributes else {})
        self._end_line()
        return self._joined()

    def _joined(self) -> Rendered:
        lines = [line.rstrip() if line != "-- " else line for line in self.lines]
        first = next((index for index, line in enumerate(lines) if line), len(lines))
        while lines and not lines[-1]:
            lines.pop()
        quoted_from = None
        if self.quoted_line is not None:
            quoted = min(max(self.quoted_line, first), len(lines))
            quoted_from = sum(len(line) + 1 for line in lines[first:quoted])
        text = "\n".join(lines[first:])
        return Rendered(text, quoted_from if quoted_from is None or quoted_from < len(text) else None)

    def _text(self, text: str) -> None:
        if self.pre:
            first, *rest = text.replace("\r\n", "\n").split("\n")
            self._put(first)
            for line in rest:
                self._end_line(always=True)
                self._put(line)
            return
        words = _SPACE.sub(" ", text)
        if words == " ":
            self.space = self.space or bool(self.line)
            return
        self.space = self.space or words[0] == " "
        self._put(words.strip(" "))
        self.space = words[-1] == " "

    def _put(self, text: str) -> None:
        """Write text on the current line, after the breaks that were asked for."""
        if not text:
            return
        self.fresh_cell = False
        if self.breaks:
            self._settle()
        if not self.line:
            indent = "  " * max(len(self.lists) - 1, 0)
            self.line.append(indent + self.marker if self.marker else indent + "  " * bool(self.lists))
            self.marker = ""
        elif self.separator:
            self.line.append(" | ")
        elif self.space:
            self.line.append(" ")
        self.separator = self.space = False
        self.line.append(text.replace("\xa0", " "))

    def _prefix(self) -> str:
        return ">" * min(self.quote, _DEEPEST_MARK) + " " if self.quote else ""

    def _end_line(self, *, always: bool = False) -> None:
        if self.line or always:
            self.lines.append(self._prefix() + "".join(self.line))
        self.line = []
        self.space = self.separator = False

    def _break(self, count: int) -> None:
        # A paragraph that opens a cell does not leave its row.
        if not self.fresh_cell:
            self.breaks = max(self.breaks, count)

    def _settle(self) -> None:
        """Make the breaks that were asked for."""
        separated = self.breaks > 1
        self._end_line()
        if separated and self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix().rstrip())
        self.breaks = 0

    def _open(self, tag: str, attributes: dict[str, str]) -> None:
        marks = {word.lower() for name in ("id", "class", "name") for word in attributes.get(name, "").split()}
        if marks & QUOTE_MARKERS and self.quoted_line is None and not self.quote:
            self._settle()
            self.quoted_line = len(self.lines)
        if tag in _VOID:
            self._void(tag, attributes)
            return
        self._break(2 if tag in _PARAGRAPHS and not (tag in {"ul", "ol"} and self.lists) else int(tag in _BLOCKS))
        effect = ""
        if tag == "blockquote" or marks & QUOTE_FRAMES:
            self._break(2)
            self._settle()
            self.quote += 1
            effect = "quote"
        elif tag == "a":
            effect = attributes.get("href", "")
        if marks & SIGNATURES and not self.quote and (any(self.lines) or self.line):
            self._settle()
            self.lines.append("-- ")
        self._enter(tag, attributes)
        self.open.append((tag, html.unescape(effect), 0 if self.breaks else len(self.line)))

    def _enter(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in {"td", "th"}:
            self._cell()
        elif tag == "tr":
            self._settle()
            self.row_start, self.cells = len(self.lines), 0
        elif tag == "pre":
            self.pre += 1
        elif tag in {"ul", "ol"}:
            start = attributes.get("start", "1")
            self.lists.append((int(start) if start.isdecimal() and len(start) < 9 else 1) if tag == "ol" else 0)
        elif tag == "li" and self.lists:
            self._item()

    def _void(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "br":
            if self.breaks:
                self._settle()
            self._end_line(always=True)
        elif tag == "hr":
            self._break(1)
            self._put(_RULE)
            self._break(1)
        elif tag == "img" and attributes.get("alt", "").strip():
            self._put(f"[{' '.join(html.unescape(attributes['alt']).split())}]")

    def _cell(self) -> None:
        """Begin a cell: beside the one before it while the row is one line so far, else on a line of its own."""
        self.cells += 1
        if self.cells > 1 and len(self.lines) == self.row_start:
            self.breaks = 0
            self.separator = bool(self.line)
            self.fresh_cell = True
        else:
            self._break(1)

    def _item(self) -> None:
        number = self.lists[-1]
        if number:
            self.lists[-1] = number + 1
        self.marker = f"{number}. " if number else "- "

    def _close(self, tag: str) -> None:
        if not any(name == tag for name, _, _ in self.open[-40:]):
            return
        while self.open:
            name, effect, begun = self.open.pop()
            self._leave(name, effect, begun)
            if name == tag:
                return

    def _leave(self, tag: str, effect: str, begun: int) -> None:
        if tag in {"td", "th"}:
            self.fresh_cell = False
        if effect == "quote":
            self._end_line()
            self.quote -= 1
            self._break(2)
        elif tag == "a" and effect:
            self._link(effect, "".join(self.line[begun:]).strip(" |"))
        elif tag == "pre":
            self.pre -= 1
        elif tag in {"ul", "ol"} and self.lists:
            self.lists.pop()
            self.marker = ""
        self._break(2 if tag in _PARAGRAPHS and not (tag in {"ul", "ol"} and self.lists) else int(tag in _BLOCKS))

    def _link(self, address: str, text: str) -> None:
        """Write where a link leads, unless its text says so already or is none."""
        bare = address.removeprefix("mailto:").removeprefix("tel:")
        said = text.lower().rstrip("/")
        if text and said not in {bare.lower().rstrip("/"), bare.partition("://")[2].lower().rstrip("/")}:
            self.line.append(f" <{bare}>")
