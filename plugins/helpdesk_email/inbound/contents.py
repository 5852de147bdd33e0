"""From a parsed mail to what a command of tickets takes: text, folds and files, cut where a site says so.

Nothing is thrown away here: what does not become a file of the ticket stays in the raw mail and is named.
"""

import re
from typing import Final
from uuid import UUID

import msgspec

from helpdesk_core.files import FileStore, clean_name, media_type_of
from helpdesk_core.text import N_, Words
from helpdesk_core.tickets import NewFile, Writing
from helpdesk_email.evidence import DroppedFile
from helpdesk_email.inbound.parsed import ParsedMail
from helpdesk_email.settings import Limits

LONGEST_TEXT: Final = 400_000
"""Characters of a message; the whole of a longer text becomes a file."""

NOTE_MARKS: Final = frozenset({"#notiz", "#note"})
"""As the first line of an agent's answer, these make it a note."""

_FIRST_WORDS: Final = 80
_HEAD: Final = 8192


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """What of a mail goes to the ticket.

    Attributes:
        writing: Text and files; the files are safe in the store.
        dropped: Files that were left out.
    """

    writing: Writing
    dropped: tuple[DroppedFile, ...]


async def prepare(
    files: FileStore, mail: ParsedMail, *, original: UUID, verified: bool, limits: Limits, words: Words
) -> Prepared:
    """Return what of a mail goes to the ticket, its files stored.

    Args:
        files: Where the files go.
        mail: The mail.
        original: Key of the stored mail.
        verified: Whether its sender was checked by our mail server.
        limits: What a mail may bring.
        words: The site's language, for a mail without words.
    """
    kept: list[NewFile] = []
    dropped: list[DroppedFile] = []
    for attachment in mail.attachments:
        name = clean_name(attachment.filename)
        if attachment.size > limits.file_bytes or len(kept) >= limits.files:
            dropped.append(DroppedFile(name=name, size=attachment.size))
            continue
        kept.append(
            NewFile(
                name=name,
                stored=await files.put(attachment.content),
                media_type=media_type_of(name, attachment.content[:_HEAD]),
                content_id=attachment.content_id,
                inline=attachment.inline,
            )
        )
    text, folds = mail.text, mail.fold_points
    if len(text) > LONGEST_TEXT:
        stored = await files.put(text.encode("utf-8", "replace"))
        kept.append(NewFile(name="message.txt", stored=stored, media_type="text/plain"))
        text = text[:LONGEST_TEXT]
        folds = tuple((start, min(end, LONGEST_TEXT)) for start, end in folds if start < LONGEST_TEXT)
    if not text.strip():
        text, folds = mail.subject.strip() or words.gettext(N_("(This e-mail has no text.)")), ()
    writing = Writing(text=text, folds=folds, files=tuple(kept), original=original, sender_verified=verified)
    return Prepared(writing=writing, dropped=tuple(dropped))


def subject_of(mail: ParsedMail, number: re.Pattern[str], words: Words) -> str:
    """Return the subject of a new ticket: the mail's, without numbers of tickets that are not this one.

    Args:
        mail: The mail.
        number: Finds the site's ticket numbers.
        words: The site's language, for a mail that says nothing.
    """
    subject = " ".join(number.sub(" ", mail.subject).split())
    first = " ".join(mail.reply.split())[:_FIRST_WORDS]
    return subject or first or words.gettext(N_("(no subject)"))


def is_note(writing: Writing) -> bool:
    """Tell whether an agent marked an answer as a note for colleagues, in its first line."""
    return writing.text.lstrip().partition("\n")[0].strip().lower() in NOTE_MARKS


def without_mark(writing: Writing) -> Writing:
    """Return an agent's note without the line that made it one."""
    skipped = len(writing.text) - len(writing.text.lstrip())
    end = writing.text.find("\n", skipped)
    end = len(writing.text) if end < 0 else end + 1
    folds = tuple((start - end, stop - end) for start, stop in writing.folds if start >= end)
    return msgspec.structs.replace(writing, text=writing.text[end:] or "—", folds=folds)


def letters_of(mail: ParsedMail) -> str:
    """Return by what two mails say the same: the first letters of their text, without numbers and spaces.

    A machine's answers differ in their numbers and dates; a person's mails differ in their words.
    """
    text = mail.reply.strip() or mail.subject
    return "".join(character for character in text[:2000].casefold() if character.isalpha())[:200]
