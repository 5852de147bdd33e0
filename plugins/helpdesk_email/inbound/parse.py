"""From the bytes of a mail to a `ParsedMail`: the stages in their order, each of which may fail alone.

Whatever the bytes are, a `ParsedMail` comes back: a stage that breaks leaves its fields empty and its name among the
defects. This module is pure; it is run in a process of its own with limits of memory and time (see `child`).
"""

from collections.abc import Callable
from typing import Final, TypeVar

from msgspec import structs

from . import limits
from .addresses import Sender, canonical_address, mailboxes_of, sender_of
from .authentication import authentication_results
from .bodies import Content, read_content
from .bounces import Envelope, Report, find_report
from .classification import auto_submitted, classify
from .headers import Fields, decode_header_safe, one_line
from .identifiers import message_id, message_ids, parse_date
from .mime import Part, parse_headers, parse_tree
from .parsed import LOOP_HEADER, Attachment, Automatic, Mailbox, ParsedMail
from .replies import Folded, fold

_Value = TypeVar("_Value")
_NO_RECORD: Final = frozenset(
    {"dkim-signature", "arc-seal", "arc-message-signature", "x-ms-exchange-antispam-messagedata"}
)


def parse(raw: bytes, *, read_html: bool = True) -> ParsedMail:
    """Read a mail; never raises. Without `read_html` HTML is kept as files and its words become the text."""
    if len(raw) > limits.MAIL_BYTES:
        return parse_oversize(raw[: 2 * limits.HEADER_BLOCK_BYTES], size=len(raw))
    stages = _Stages()
    root, defects = stages.run("structure", lambda: parse_tree(raw), lambda: (_nothing(), ()))
    stages.defects += defects
    if not raw.strip():
        stages.defects.append("empty")
    content = stages.run("content", lambda: read_content(root, read_html=read_html), Content)
    stages.defects += content.defects
    mail = _with_headers(ParsedMail(size=len(raw)), root.fields, root.charset or _charset_of(root), stages)
    folded = stages.run(
        "reply", lambda: fold(content.text, quoted_from=content.quoted_from), lambda: Folded((), content.text)
    )
    mail = structs.replace(
        mail,
        text=content.text,
        fold_points=folded.points,
        reply=folded.reply,
        html=content.html,
        attachments=tuple(content.attachments),
    )
    mail = _classified(mail, root, stages)
    return structs.replace(mail, defects=stages.named())


def parse_oversize(beginning: bytes, *, size: int) -> ParsedMail:
    """Read only the headers of a mail of `size` bytes that is too large to be read; never raises."""
    stages = _Stages()
    stages.defects.append("mail-too-large")
    fields = stages.run("structure", lambda: parse_headers(beginning), lambda: Fields([]))
    mail = _with_headers(ParsedMail(size=size, oversize=True), fields, None, stages)
    root = Part(b"", fields, 0, 0, "text/plain", {})
    return structs.replace(_classified(mail, root, stages), defects=stages.named())


class _Stages:
    """Runs the stages of reading and remembers which broke."""

    def __init__(self) -> None:
        self.defects: list[str] = []

    def run(self, name: str, stage: Callable[[], _Value], instead: Callable[[], _Value]) -> _Value:
        """Return what the stage yields or, when it raises anything, what stands in for it."""
        try:
            return stage()
        except Exception as error:  # noqa: BLE001 - no mail may stop the reading of mail, whatever it holds
            self.defects.append(f"{name}-failed:{type(error).__name__}")
            return instead()

    def named(self) -> tuple[str, ...]:
        """Return each defect once, in the order met, at most as many as the limit."""
        return tuple(dict.fromkeys(self.defects))[: limits.DEFECTS]


def _nothing() -> Part:
    return Part(b"", Fields([]), 0, 0, "text/plain", {})


def _charset_of(root: Part) -> str | None:
    """Return the first charset that a part declares: the best hint for header bytes that declare none."""
    return next((part.charset for part in root.leaves() if part.charset), None)


def _with_headers(mail: ParsedMail, fields: Fields, hint: str | None, stages: _Stages) -> ParsedMail:
    sender = stages.run("from", lambda: sender_of(fields, hint), lambda: Sender(None, "", ambiguous=True))
    if sender.ambiguous:
        stages.defects.append("from-ambiguous")
    elif sender.address is None:
        stages.defects.append("from-missing")

    def text(name: str) -> str:
        return stages.run(name, lambda: fields.text(name, hint), str)

    subject = text("subject")
    if len(subject) > limits.SUBJECT_CHARACTERS:
        stages.defects.append("subject-cut")
    replied = stages.run("in-reply-to", lambda: message_ids(fields.first("in-reply-to")), tuple)
    senders = _mailboxes("sender", fields, hint, stages)
    return structs.replace(
        mail,
        from_address=sender.address,
        from_name=sender.name,
        from_ambiguous=sender.ambiguous,
        reply_to=_mailboxes("reply-to", fields, hint, stages),
        to=_mailboxes("to", fields, hint, stages),
        cc=_mailboxes("cc", fields, hint, stages),
        sender=senders[0].address if len(senders) == 1 else None,
        return_path=_return_path(text("return-path")) if "return-path" in fields else None,
        subject=subject[: limits.SUBJECT_CHARACTERS],
        message_id=stages.run("message-id", lambda: message_id(fields.first("message-id")), lambda: None),
        in_reply_to=replied[0] if replied else None,
        references=stages.run("references", lambda: message_ids(fields.first("references")), tuple),
        date=stages.run("date", lambda: parse_date(fields.first("date")), lambda: None),
        auto_submitted=stages.run("auto-submitted", lambda: auto_submitted(fields), lambda: None),
        authentication_results=stages.run("authentication", lambda: authentication_results(fields), tuple),
        list_id=text("list-id") or None,
        precedence=text("precedence").lower() or None,
        loop=tuple(one_line(value.decode("utf-8", "replace"))[:200] for value in fields.all(LOOP_HEADER.lower())[:10]),
        headers=stages.run("headers", lambda: _recorded(fields, hint), tuple),
    )


def _mailboxes(name: str, fields: Fields, hint: str | None, stages: _Stages) -> tuple[Mailbox, ...]:
    found, cut = stages.run(name, lambda: mailboxes_of(fields, name, hint), lambda: ((), False))
    if cut:
        stages.defects.append("recipients-cut")
    return found


def _return_path(value: str) -> str | None:
    inner = value.partition("<")[2].partition(">")[0] if "<" in value else value
    return "" if not inner.strip() else canonical_address(inner)


def _recorded(fields: Fields, hint: str | None) -> tuple[tuple[str, str], ...]:
    kept = [(name, value) for name, value in fields.items if name not in _NO_RECORD]
    return tuple(
        (
            name,
            decode_header_safe(value[: 2 * limits.RECORDED_VALUE_CHARACTERS], hint)[: limits.RECORDED_VALUE_CHARACTERS],
        )
        for name, value in kept[: limits.RECORDED_FIELDS]
    )


def _classified(mail: ParsedMail, root: Part, stages: _Stages) -> ParsedMail:
    envelope = Envelope(
        sender=mail.from_address,
        sender_name=mail.from_name,
        sender_ambiguous=mail.from_ambiguous,
        subject=mail.subject,
        return_path=mail.return_path,
        ours=frozenset(mailbox.address for mailbox in (*mail.to, *mail.cc)),
    )
    report = stages.run("bounce", lambda: find_report(root, envelope, mail.text), lambda: Report(None))
    automatic: Automatic | None = stages.run(
        "classification", lambda: classify(root, envelope, report, mail.text), lambda: None
    )
    return structs.replace(mail, bounce=report.bounce, automatic=automatic)


def without_contents(mail: ParsedMail) -> ParsedMail:
    """Return the mail with the bytes of its files left out; their size and hash stay."""

    def lighter(attachment: Attachment) -> Attachment:
        return structs.replace(attachment, content=b"")

    return structs.replace(mail, attachments=tuple(lighter(attachment) for attachment in mail.attachments))
