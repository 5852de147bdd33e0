"""Reports about mail of ours: not delivered, late, or delivered (RFC 3464, and what servers really send).

The fields of a delivery status come first; then the header and the prose of the many servers that write none. Prose
alone is believed only from a sender or under a title that no person uses, since a person may quote any of it.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from . import limits
from .addresses import canonical_address
from .bounce_notices import bounce_of_notice
from .bounce_words import (
    COPIES,
    DAEMON_NAMES,
    DAEMONS,
    DELAYS,
    FAILURES,
    SYSTEM_SENDERS,
    TITLE_ENDINGS,
    TITLES,
)
from .headers import Fields, split_headers
from .identifiers import message_id
from .mime import Part, parse_tree
from .parsed import Bounce
from .transfer import decode

_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_COPY_TYPES: Final = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers", "message/rfc822-headers"}
)
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE: Final = re.compile(r"(?<![\d.:/-])([45])[0-5]\d(?=[ -])(?! (?:bytes|kb|mb|hours|minutes|days|attempts))")
_ADDRESS: Final = re.compile(r"[^\s<>@\"'(),;:\[\]|=*/]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_ANGLE_LINE: Final = re.compile(r"^[ \t]*<([^<>\s]{1,64}@[^<>\s]{1,253})>(?::|\s*$|\s*\.\.\.|\s*\()", re.MULTILINE)
_COPIED_ID: Final = re.compile(r"^[ \t>]*message-id:\s*(<[^<>\s]{1,998}>)", re.IGNORECASE | re.MULTILINE)
_COPIED_TO: Final = re.compile(r"^[ \t>]*to:[ \t]*(.{1,400})", re.IGNORECASE | re.MULTILINE)
_REPLY_PREFIX: Final = re.compile(r"(?i)\s*(?:re|aw|antw|fw|fwd|wg|tr|rv|sv|vs|odp)\s*(?:\[\d+\])?\s*:")
_GROUP_END: Final = re.compile(rb"\n[ \t]*\r?\n")
_PROSE: Final = 12_000
_WINDOW: Final = 700
_GROUPS: Final = 200


class Report(NamedTuple):
    """What a mail is found to report."""

    bounce: Bounce | None
    delivered: bool = False
    """A delivery status that tells of success alone."""


class Envelope(NamedTuple):
    """What the headers say about who sent a report to whom."""

    sender: str | None
    sender_name: str
    sender_ambiguous: bool
    subject: str
    return_path: str | None
    ours: Collection[str]
    """Addresses the report was sent to: never those that failed."""


class _Recipient(NamedTuple):
    address: str | None
    action: str
    status: str | None


def find_report(root: Part, envelope: Envelope, text: str) -> Report:
    """Tell what a mail reports about a mail of ours, if it does."""
    leaves = _report_leaves(root, envelope)
    recipients = [entry for part in leaves if part.content_type in _STATUS_TYPES for entry in _status_fields(part)]
    copy = next((fields for part in leaves if part.content_type in _COPY_TYPES for fields in [_copied(part)]), None)
    original = message_id(copy.first("message-id")) if copy else None
    failed = [entry for entry in recipients if entry.action not in {"delivered", "relayed", "expanded"}]
    if recipients and not failed:
        return Report(None, delivered=True)
    if failed:
        chosen = next((entry for entry in failed if entry.action == "failed"), failed[0])
        return Report(_of_status(chosen, original, copy, text))
    bounce = bounce_of_notice(text) or _of_prose(root.fields, envelope, text, copy, original)
    return Report(bounce)


def _report_leaves(root: Part, envelope: Envelope) -> list[Part]:
    """Return the leaves of a report; some servers wrap it whole into a mail of their daemon."""
    leaves = root.leaves()
    wrapped = [part for part in leaves if part.content_type == "message/rfc822"]
    if len(wrapped) == 1 and is_daemon(envelope.sender, envelope.sender_name):
        inner, _ = parse_tree(_decoded(wrapped[0]).lstrip(b"\r\n"))
        if inner.content_type == "multipart/report":
            return inner.leaves()
    return leaves


def _decoded(part: Part) -> bytes:
    return decode(part.body, part.fields.first("content-transfer-encoding").decode("latin-1"))[0]


def is_daemon(address: str | None, name: str) -> bool:
    """Whether mail servers, and no person, write under this sender."""
    local = (address or "").partition("@")[0].lower()
    return (
        local in DAEMONS
        or local.startswith(("mailer-daemon", "mailer_daemon"))
        or name.lower().startswith(DAEMON_NAMES)
    )


def _status_fields(part: Part) -> Iterator[_Recipient]:
    """Read the per-recipient fields of a delivery status (RFC 3464, 2.3)."""
    raw = _decoded(part)
    position = 0
    for _ in range(_GROUPS):
        end = _GROUP_END.search(raw, position)
        stop = end.end() if end else len(raw)
        fields = split_headers(raw, position, stop).fields
        if "final-recipient" in fields or "original-recipient" in fields or "action" in fields:
            yield _recipient(fields)
        if end is None:
            return
        position = stop


def _recipient(fields: Fields) -> _Recipient:
    addresses = (
        _typed_address(fields.text(name)) for name in ("original-recipient", "final-recipient", "x-actual-recipient")
    )
    status = _STATUS.search(fields.text("status"))
    detail = _STATUS.search(fields.text("diagnostic-code"))
    if status and detail and status.group().endswith(".0.0") and detail.group(1) == status.group(1):
        status = detail
    found = status or detail
    action = fields.text("action").lower().partition(" ")[0].strip(".;")
    if not action:
        action = {"2": "delivered", "4": "delayed"}.get(found.group(1) if found else "", "failed")
    return _Recipient(next(filter(None, addresses), None), action, found.group() if found else None)


def _typed_address(value: str) -> str | None:
    """Return the address of `rfc822; name@example.org`, however it is written."""
    kind, semicolon, rest = value.partition(";")
    match = _ADDRESS.search(rest if semicolon else kind)
    return canonical_address((rest if semicolon else kind).strip().strip("<>\"' ")) or (
        canonical_address(match.group()) if match else None
    )


def _of_status(entry: _Recipient, original: str | None, copy: Fields | None, text: str) -> Bounce:
    status = entry.status
    permanent = entry.action == "failed" and not (status or "5").startswith("4")
    recipient = entry.address or (_first_address(copy.text("to"), ()) if copy else None)
    return Bounce(
        recipient=recipient,
        status=status,
        permanent=permanent,
        original_message_id=original or _copied_id(text),
    )


def _copied(part: Part) -> Fields:
    raw = _decoded(part).lstrip(b"\r\n")[: limits.HEADER_BLOCK_BYTES]
    return split_headers(raw, 0, len(raw)).fields


def _copied_id(text: str) -> str | None:
    match = _COPIED_ID.search(text)
    return message_id(match.group(1).encode()) if match else None


def _of_prose(
    fields: Fields, envelope: Envelope, text: str, copy: Fields | None, original: str | None
) -> Bounce | None:
    """Read a report that is written for people."""
    server = (
        is_daemon(envelope.sender, envelope.sender_name)
        or envelope.return_path == ""
        or is_daemon(envelope.return_path, "")
        or (envelope.sender is None and not envelope.sender_ambiguous)
    )
    title = _is_title(envelope.subject)
    declared = _first_address(fields.text("x-failed-recipients"), ())
    prose = _before_copy(" ".join(text[:_PROSE].split()).lower())
    phrase = min((at for words in FAILURES if (at := prose.find(words)) >= 0), default=None)
    likely = server and (title or phrase is not None)
    if not declared and not likely and not (title and phrase is not None and _is_system(fields, envelope)):
        return None
    recipient = declared or _named_recipient(text, prose, phrase, envelope)
    if recipient is None and copy is not None:
        recipient = _first_address(copy.text("to"), envelope.ours)
    copied_to = _COPIED_TO.search(text, max(text.lower().find("subject:") - 2000, 0)) if recipient is None else None
    if copied_to:
        recipient = _first_address(copied_to.group(1), envelope.ours)
    if recipient is None and not (server and title):
        return None
    status = _prose_status(prose)
    late = _is_late(prose, envelope.subject)
    return Bounce(
        recipient=recipient,
        status=status,
        permanent=not late and not (status or "5").startswith("4"),
        original_message_id=original or _copied_id(text),
    )


def _is_title(subject: str) -> bool:
    folded = subject.lower().lstrip(" *#!<[(\"'-")
    if folded.endswith(TITLE_ENDINGS):
        return True
    return folded.startswith(TITLES) and not _REPLY_PREFIX.match(subject)


def _is_system(fields: Fields, envelope: Envelope) -> bool:
    """Whether a mail with the words of a report, from no daemon, shows another sign of a machine."""
    if fields.text("auto-submitted").lower() not in {"", "no"} or "precedence" in fields:
        return True
    local = (envelope.sender or fields.text("from")).rpartition("@")[0].lower()
    if any(word in local for word in SYSTEM_SENDERS):
        return True
    return "report" in fields.text("content-type").lower() or "daemon" in fields.text("message-id").lower()


def _is_late(prose: str, subject: str) -> bool:
    return any(words in subject.lower() or words in prose for words in DELAYS)


def _before_copy(said: str) -> str:
    """Return the words of the server, without the copy of our own mail after them."""
    ends = [at for words in COPIES if (at := said.find(words)) > 40]
    return said[: min(ends)] if ends else said


def _named_recipient(text: str, prose: str, phrase: int | None, envelope: Envelope) -> str | None:
    """Find the address that failed: on a line of its own, after the words of failure, or anywhere."""
    for match in _ANGLE_LINE.finditer(text[:_PROSE]):
        address = canonical_address(match.group(1))
        if address and _may_have_failed(address, envelope.ours) and address != envelope.sender:
            return address
    ours = {*envelope.ours, envelope.sender or ""}
    if phrase is not None:
        found = _first_address(prose[phrase : phrase + _WINDOW], ours)
        if found:
            return found
    return _first_address(prose, ours)


def _first_address(words: str, ours: Collection[str]) -> str | None:
    for match in _ADDRESS.finditer(words):
        address = canonical_address(match.group().strip(".'`"))
        if address and _may_have_failed(address, ours):
            return address
    return None


def _may_have_failed(address: str, ours: Collection[str]) -> bool:
    return address not in ours and address.partition("@")[0].lower() not in DAEMONS


def _prose_status(prose: str) -> str | None:
    status = _STATUS.search(prose)
    if status and status.group(1) != "2":
        return status.group()
    code = _REPLY_CODE.search(prose)
    return f"{code.group(1)}.0.0" if code else None
