"""Authentication-Results fields (RFC 8601), parsed so that a stranger's text cannot pass for a server's word.

Comments and quoted strings are taken out by the grammar before anything is split, an unclosed one swallows the rest,
and what does not fit the grammar is left out. Whose field it is, is told by `authserv_id`; this module believes none.
"""

import re
from collections.abc import Iterator
from typing import Final

from . import limits
from .headers import Fields, one_line
from .parsed import AuthenticationResults, MethodResult

_TOKEN: Final = re.compile(
    r'\s+|(?P<quoted>"(?:[^"\\]|\\.)*+")|(?P<word>[^\s;"()=]+)|(?P<mark>[;=])|(?P<open>\()|(?P<junk>.)'
)
_PARENTHESIS: Final = re.compile(r"\\.|[()]")
_METHOD: Final = re.compile(r"[a-z][a-z0-9-]*(?:/\d+)?")
_RESULT: Final = re.compile(r"[a-z]+")


def authentication_results(fields: Fields) -> tuple[AuthenticationResults, ...]:
    """Return the readable Authentication-Results fields in the order of the mail, the topmost first."""
    values = fields.all("authentication-results")[: limits.AUTHENTICATION_RESULTS]
    parsed = (_parse(one_line(value.decode("utf-8", "replace"))) for value in values)
    return tuple(result for result in parsed if result is not None)


def _parse(text: str) -> AuthenticationResults | None:
    sections: list[list[str]] = [[]]
    for token in _tokens(text):
        if token == ";":  # noqa: S105 - a mark, no password
            sections.append([])
        else:
            sections[-1].append(token)
    head, *rest = sections
    if not head or head[0] == "=" or len(head) > 2:
        return None
    methods = tuple(method for section in rest if (method := _method(section)) is not None)
    return AuthenticationResults(authserv_id=head[0].lower(), methods=methods)


def _tokens(text: str) -> Iterator[str]:
    """Yield words, quoted strings without their quotes, `;` and `=`; a broken field ends where it breaks."""
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup == "junk":
            return
        position = match.end()
        if match.lastgroup == "open":
            position = _after_comment(text, match.start())
        elif match.lastgroup == "quoted":
            yield re.sub(r"\\(.)", r"\1", match.group()[1:-1])
        elif match.lastgroup:
            yield match.group()


def _after_comment(text: str, start: int) -> int:
    depth = 0
    for match in _PARENTHESIS.finditer(text, start):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if depth == 0:
            return match.end()
    return len(text)


def _method(tokens: list[str]) -> MethodResult | None:
    """Read `method=result [reason=value] [ptype.property=value ...]`; anything else is no result."""
    if len(tokens) < 3 or tokens[1] != "=":
        return None
    method, result = tokens[0].lower(), tokens[2].lower()
    if not _METHOD.fullmatch(method) or not _RESULT.fullmatch(result):
        return None
    properties: list[tuple[str, str]] = []
    index = 3
    while index + 2 < len(tokens):
        if tokens[index + 1] != "=":
            index += 1
            continue
        properties.append((tokens[index].lower(), tokens[index + 2].lower()))
        index += 3
    return MethodResult(method=method.partition("/")[0], result=result, properties=tuple(properties))
