"""What a single line, or the few from it on, tell about where quotation and signature begin.

Every rule looks at a bounded number of lines and a bounded part of each, so that the whole stays linear.
"""

import re
from collections.abc import Sequence
from typing import Final

from .reply_words import (
    APOLOGIES,
    DEVICE_ENDINGS,
    DEVICE_OPENINGS,
    DEVICES,
    FOOTERS,
    FORWARD_OPENINGS,
    HEADER_ROLES,
    OPENINGS,
    ORIGINAL_MESSAGE,
    QUOTE_NAMES,
    VERBS,
)

BLANK: Final = (
    " \t\r\x0b\x0c\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\u200b\u200e\u200f\ufeff"
)
"""What a line may hold and still be blank: all white space, and characters that have no width."""
_LONGEST_LINE: Final = 300
_ATTRIBUTION_LINES: Final = 4
_ATTRIBUTION_CHARACTERS: Final = 400
_BLOCK_LINES: Final = 14
_RULE: Final = re.compile(r"[-_=*#~+\u2500\u2014\u2013 ]{5,}")
_MARK: Final = " \t*_-=>~#\u2014\u2013"
_HEADER: Final = re.compile(
    r"[*_]{0,2}([^\W\d][\w .'\u2019-]{0,24}?)[ \t\xa0]*[*_]{0,2}[ \t\xa0]*[:\uff1a][*_]{0,2}(.*)"
)
_VERB: Final = re.compile(
    r"(?:(?<!\w)(?:" + "|".join(re.escape(verb) for verb in VERBS if verb.isascii() or verb[0] < "\u0590") + r")(?!\w))"
    "|" + "|".join(re.escape(verb) for verb in VERBS if verb[0] >= "\u0590")
)
_DATE_START: Final = re.compile(
    r"(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{4}\s?[年년]"
    r"|\d{1,2}\.? \w{3,12}\.? \d{4})"
)
_TIME: Final = re.compile(r"\d{1,2}[:.h]\d{2}(?!\d)")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_OLD_GMAIL: Final = re.compile(r"\d{4}[/-]\d{1,2}[/-]\d{1,2} [^<>]{1,120}<[^<>\s]+@[^<>\s]+>:?")
_DIGIT: Final = re.compile(r"\d")
_WORD_SPLIT: Final = re.compile(r"[\s,.;:!()<>\[\]\"]+")


def marker_core(marker: str) -> str:
    """Return the words of a marker line, by which it is known again however it comes back."""
    return marker.strip(_MARK).casefold()


def is_rule(line: str) -> bool:
    """Whether a line is drawn of dashes, underscores and the like."""
    return len(line) < _LONGEST_LINE and _RULE.fullmatch(line) is not None and len(set(line) - {" "}) <= 2


def begins_copy(line: str, markers: Sequence[str]) -> bool:
    """Whether a line is our marker or announces a copy of another mail."""
    if len(line) > _LONGEST_LINE:
        return False
    core = line.strip(_MARK).casefold()
    if any(marker and marker in core for marker in markers):
        return True
    bare = core.rstrip(" :")
    if line[:2] in {"--", "__", "==", "**", "~~", "\u2014\u2014", "- ", "\u2013\u2013"} or line[:1] == "_":
        return bare.startswith(ORIGINAL_MESSAGE) and len(bare) < 120
    return core.endswith(":") and bare.startswith(FORWARD_OPENINGS)


def begins_header_block(lines: Sequence[str], index: int) -> bool:
    """Whether the lines from here on are the header lines of a quoted mail, in whichever language.

    At least three of sender, date, recipient and subject must stand together, the sender among them; below another
    labelled line they belong to a form that somebody filled in.
    """
    first = _role(lines[index])
    if first not in {"from", "date", "subject", "to"} or (index and _is_labelled(lines[index - 1])):
        return False
    roles: set[str] = set()
    strange = 0
    for line in lines[index : index + _BLOCK_LINES]:
        if not line.strip(BLANK):
            strange += 1
        else:
            role = _role(line)
            if role in roles and role != "other":
                break
            if role:
                roles.add(role)
                strange = 0
            else:
                # The list of recipients may go on in the next line.
                strange += 1
        if strange > 1:
            break
    return "from" in roles and len(roles & {"from", "date", "to", "subject"}) >= 3


def _role(line: str) -> str | None:
    match = _HEADER.match(line[:_LONGEST_LINE].strip(BLANK))
    return HEADER_ROLES.get(match.group(1).strip().casefold()) if match else None


def _is_labelled(line: str) -> bool:
    match = _HEADER.match(line[:_LONGEST_LINE].strip(BLANK))
    return match is not None and match.group(2).strip() != "" and _role(line) is None


def attribution_length(lines: Sequence[str], index: int) -> int:
    """Return over how many lines from here the words above a quotation go ("Am ... schrieb ...:"), or 0."""
    joined = ""
    for count, line in enumerate(lines[index : index + _ATTRIBUTION_LINES], start=1):
        part = line.strip(BLANK)
        if not part or (part[0] == ">" and count > 1) or len(joined) + len(part) > _ATTRIBUTION_CHARACTERS:
            return 0
        joined = f"{joined} {part}" if joined else part
        if count == 1 and not _may_open(joined):
            return 0
        if _is_attribution(joined):
            return count
    return 0


def is_strong_attribution(lines: Sequence[str]) -> bool:
    """Whether words above a quotation are surely a program's, even when no quotation marks follow them."""
    joined = " ".join(lines)
    return "@" in joined or _TIME.search(joined) is not None


def _may_open(line: str) -> bool:
    folded = line.casefold().lstrip(_MARK)
    return (
        folded.startswith((*OPENINGS, *QUOTE_NAMES))
        or _DATE_START.match(folded) is not None
        or ("@" in folded and "<" in folded)
        or _ends(folded)
    )


def _is_attribution(joined: str) -> bool:
    folded = joined.casefold().strip(_MARK)
    if _OLD_GMAIL.fullmatch(joined.strip(" *_")):
        return True
    if not _ends(folded):
        return False
    address = "@" in folded
    if folded.startswith(QUOTE_NAMES):
        return address or len(folded) < 80
    opened = folded.startswith(OPENINGS) or _DATE_START.match(folded) is not None
    if _VERB.search(folded):
        dated = _TIME.search(folded) is not None or _YEAR.search(folded) is not None
        return address or dated or (opened and _DIGIT.search(folded) is not None)
    return opened and address and _DIGIT.search(folded) is not None


def _ends(folded: str) -> bool:
    return folded.rstrip("*_ ").endswith((":", "\uff1a"))


def is_device_signature(line: str) -> bool:
    """Whether a line is what a telephone or a mail program writes below every mail."""
    folded = line.casefold().strip("<>()[]*_-~ .!\t\xa0")
    if len(folded) > 120 or not (
        folded.startswith(DEVICE_OPENINGS) or (len(folded) < 60 and folded.endswith(DEVICE_ENDINGS))
    ):
        return False
    head, _, tail = folded.partition(",")
    if not tail:
        head, _, tail = folded.partition(". ")
    tail = tail.strip()
    if tail and not tail.startswith(APOLOGIES):
        return False
    words = _WORD_SPLIT.split(head)
    return len(words) <= 14 and any(
        word.startswith(tuple(DEVICES)) or word.endswith(("phone", "pad")) for word in words
    )


def is_footer(line: str) -> bool:
    """Whether a line is one that a list or a virus scanner adds."""
    if len(line) > _LONGEST_LINE:
        return False
    folded = line.casefold()
    return any(footer in folded for footer in FOOTERS)
