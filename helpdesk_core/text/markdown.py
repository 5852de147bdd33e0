"""What people typed, as HTML that is safe to show: Markdown of agents and customers, and plain text of mails.

Two walls stand one behind the other: the Markdown parser escapes all HTML, and the sanitiser lets only a short list
of elements through. Neither loads anything: images become links. Nothing here runs a template, so braces stay text.
"""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape

LARGEST = 50_000
"""Characters of Markdown that are laid out; a longer text is shown as it was typed. The worst texts we know of this
length take a second of one core, an ordinary message takes a millisecond."""

DEEPEST = 40
"""Levels of quotes and lists that are laid out; a deeper text is shown as it was typed. The parser would drop it."""

_INLINE = frozenset({"a", "br", "code", "em", "strong"})
_BLOCKS = frozenset({"blockquote", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "ul"})
_TABLE = frozenset({"table", "tbody", "td", "th", "thead", "tr"})
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})

_LINK = re.compile(
    # A whole address of a page, or a bare mail address. Every repetition is bounded and no two can share characters
    # at one place, so the time grows only with the length of the text.
    r"""(?P<page>\bhttps?://\w[^\s<>"]{0,2000})"""
    r"""|(?<![\w.+-])(?P<mail>[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24})(?![\w-])""",
    re.IGNORECASE,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def markdown_to_html(text: str) -> Markup:
    """Return the HTML of a text written in Markdown (CommonMark and tables; a line break stays one).

    What people type stays there to be read: rules of Markdown by which typed characters vanish are off (see
    `_VANISHING`). Headings start at the third level, because they stand inside a page. Links open nothing by
    themselves and carry `rel="noopener nofollow"`; images are links.
    """
    if len(text) > LARGEST:
        return plain_to_html(text)
    env: dict[str, Any] = {}
    tokens = _MARKDOWN.parse(text, env)
    if any(token.level >= DEEPEST - 1 for token in tokens):
        return plain_to_html(text)
    html = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, env)
    return Markup(_CLEANER.clean(html))  # noqa: S704  (this is the sanitised text)


def plain_to_html(text: str) -> Markup:
    """Return the HTML of a plain text: paragraphs, line breaks, indents, and links for addresses in it."""
    paragraphs = re.split(r"\n(?:[ \t]*\n)+", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    html = "".join(f"<p>{_lines(paragraph)}</p>\n" for paragraph in paragraphs if paragraph.strip())
    return Markup(html)  # noqa: S704  (every piece was escaped in `_lines`)


def _lines(paragraph: str) -> str:
    return "<br>\n".join(_indented(line) for line in paragraph.split("\n"))


def _indented(line: str) -> str:
    stripped = line.expandtabs(4).lstrip(" ")
    indent = len(line.expandtabs(4)) - len(stripped)
    return "\N{NO-BREAK SPACE}" * indent + "".join(
        f'<a href="{escape(href)}" rel="noopener nofollow">{escape(shown)}</a>' if href else str(escape(shown))
        for shown, href in _split_links(stripped.rstrip())
    )


def _split_links(text: str) -> Iterator[tuple[str, str]]:
    """Cut a text into pieces and yield each with its address, which is empty for what is no link."""
    end = 0
    for match in _LINK.finditer(text):
        shown = _without_closing(match[0]) if match["page"] else match[0]
        if match.start() > end:
            yield text[end : match.start()], ""
        yield shown, shown if match["page"] else f"mailto:{shown}"
        end = match.start() + len(shown)
    if end < len(text):
        yield text[end:], ""


def _without_closing(address: str) -> str:
    """Cut off what ends the sentence around an address: a full stop, or a bracket that opened before it."""
    while address and (
        address[-1] in ".,;:!?'`*_~"
        or (address[-1] in _CLOSING and address.count(address[-1]) > address.count(_CLOSING[address[-1]]))
    ):
        address = address[:-1]
    return address


def _link_bare_addresses(state: StateCore) -> None:
    """Make addresses clickable that stand in a text without brackets; runs after the inline rules."""
    for block in state.tokens:
        if not block.children:
            continue
        children: list[Token] = []
        depth = 0
        for token in block.children:
            depth += (token.type == "link_open") - (token.type == "link_close")
            children += _linked(token) if token.type == "text" and not depth else [token]
        block.children = children


def _linked(token: Token) -> list[Token]:
    tokens = []
    for shown, href in _split_links(token.content):
        text = Token("text", "", 0, content=shown, level=token.level)
        if href:
            opened = Token("link_open", "a", 1, attrs={"href": href}, level=token.level)
            tokens += [opened, text, Token("link_close", "a", -1, level=token.level)]
        else:
            tokens.append(text)
    return tokens


def _lower_headings(state: StateCore) -> None:
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"


def _image_as_link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """Show an image as a link to it, or inside a link as its description: nothing is loaded from elsewhere."""
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    shown = escape(renderer.renderInlineAsText(token.children or [], options, env) or source)
    before = [other.type for other in tokens[:index]]
    if before.count("link_open") > before.count("link_close"):
        return str(shown)
    return f'<a href="{escape(source)}">{shown}</a>'


def _fence(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    index: int,
    options: OptionsDict,
    env: MutableMapping[str, Any],
) -> str:
    """Show a fenced block with everything in it: what stands after the fence is often text and no language."""
    del renderer, options, env
    token = tokens[index]
    info = token.info.strip()
    first_line = "" if info.lower() in _LANGUAGES else f"{info}\n"
    return f"<pre><code>{escape(first_line + token.content)}</code></pre>\n"


_LANGUAGES = frozenset({"", "bash", "console", "css", "diff", "html", "ini", "java", "javascript", "json", "log"})
_LANGUAGES |= {"php", "powershell", "python", "sh", "shell", "sql", "text", "txt", "xml", "yaml"}
"""What may stand after a fence without being shown."""

_VANISHING = [
    "lheading",  # The line above the mark of a signature ("--") would become a heading.
    "reference",  # "[1]: https://…" would disappear.
    "escape",  # "\\\\server\\share" would lose a backslash.
    "entity",  # "&nbsp;" would become the space it stands for.
]


def _parser() -> MarkdownIt:
    options = {"html": False, "breaks": True, "maxNesting": DEEPEST}
    parser = MarkdownIt("commonmark", options).enable("table").disable(_VANISHING)
    parser.core.ruler.push("bare_addresses", _link_bare_addresses)
    parser.core.ruler.push("lower_headings", _lower_headings)
    parser.add_render_rule("image", _image_as_link)
    parser.add_render_rule("fence", _fence)
    return parser


_MARKDOWN = _parser()
_CLEANER = nh3.Cleaner(
    tags=_INLINE | _BLOCKS | _TABLE,
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes=_SCHEMES,
    url_relative="deny",
    link_rel="noopener nofollow",
)
