"""What a mail says about itself that routing needs, read off its parsed form. Pure: nothing here is looked up.

A mail proves nothing by itself. So everything found here is a claim, and its names say so: who it says it is from,
which tickets its subject names, which of our mails it says it answers.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from helpdesk_core.accounts import addresses
from helpdesk_core.errors import Invalid
from helpdesk_email.inbound.parsed import Automatic, MethodResult, ParsedMail

_TOKEN: Final = re.compile(r"[0-9a-f]{40}")
_BOUNCE_TOKEN: Final = re.compile(r"b-([0-9a-f]{32})")


class Auth(StrEnum):
    """What the mailbox's own server says of the sender."""

    PASS = "pass"  # noqa: S105 - no password: the word of RFC 8601
    NONE = "none"
    FAIL = "fail"


class Loop(StrEnum):
    """Whose loop header a mail carries."""

    OURS = "ours"
    OTHERS = "others"


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says about itself.

    Attributes:
        sender: Canonical address of the From field; None when there is none, or not exactly one.
        auth: What our own server says of it.
        automatic: Why a machine is held to have written it, None for a person.
        loop: Whose helpdesk sent it, None for none.
        from_us: Whether it says it comes from one of our own mailboxes.
        numbers: Ticket numbers in its subject, the last one first.
        answers: Message-IDs that it says it answers, without brackets, the nearest first.
        tokens: Reply tokens in the addresses it was sent to.
        bounced: Message-IDs, without brackets, of the mail of ours that a report is about.
        has_text: Whether there is a text or a file in it.
        has_subject: Whether its subject says anything.
    """

    sender: str | None
    auth: Auth
    automatic: Automatic | None
    loop: Loop | None
    from_us: bool
    numbers: tuple[str, ...]
    answers: tuple[str, ...]
    tokens: tuple[str, ...]
    bounced: tuple[str, ...]
    has_text: bool
    has_subject: bool


def identify(
    mail: ParsedMail,
    *,
    number: re.Pattern[str],
    mailboxes: Collection[str],
    authserv_id: str | None,
    installation: str,
    message_domain: str,
) -> Claim:
    """Return what a mail says about itself.

    Args:
        mail: The mail.
        number: Finds the site's ticket numbers in a subject.
        mailboxes: Canonical addresses of the site's own mailboxes.
        authserv_id: The only server whose word about the sender counts, None for none.
        installation: Our own id in loop headers and Message-IDs.
        message_domain: The right side of our Message-IDs.
    """
    sender = canonical(mail.from_address)
    tags = tuple(_tags(mail, mailboxes))
    return Claim(
        sender=sender,
        auth=authentication(mail, sender, authserv_id),
        automatic=mail.automatic,
        loop=_loop(mail, installation),
        from_us=without_tag(sender) in mailboxes,
        numbers=tuple(dict.fromkeys(reversed(number.findall(mail.subject)))),
        answers=_answers(mail),
        tokens=tuple(tag for tag in tags if _TOKEN.fullmatch(tag)),
        bounced=_bounced(mail, tags, f"{installation}@{message_domain}"),
        has_text=bool(mail.text.strip() or mail.attachments),
        has_subject=bool(mail.subject.strip()),
    )


def canonical(address: str | None) -> str | None:
    """Return an address as it is compared; None when it is none that we could write to."""
    try:
        return addresses.canonical(address) if address else None
    except Invalid:
        return None


def without_tag(address: str | None) -> str | None:
    """Return an address without what stands behind a plus sign (RFC 5233)."""
    if address is None:
        return None
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def authentication(mail: ParsedMail, sender: str | None, authserv_id: str | None) -> Auth:
    """Return what our own mail server says of the sender (RFC 8601).

    `fail` when any of its fields says so. `pass` when DMARC passed, or SPF or DKIM for a domain aligned with the
    sender's (RFC 7489 section 3.1). Of several fields that name a method, the topmost was written last and counts.
    """
    if not authserv_id or sender is None:
        return Auth.NONE
    believed = [each for each in mail.authentication_results if each.authserv_id == authserv_id.lower()]
    methods = [method for each in believed for method in each.methods]
    dmarc = [method.result for method in methods if method.method == "dmarc"]
    if "fail" in dmarc:
        return Auth.FAIL
    if dmarc[:1] == ["pass"]:
        return Auth.PASS
    domain = sender.rpartition("@")[2]
    aligned = (_passes(methods, "dkim", ("header.d", "header.i"), domain), _passes(methods, "spf", _ENVELOPE, domain))
    return Auth.PASS if any(aligned) else Auth.NONE


_ENVELOPE: Final = ("smtp.mailfrom", "smtp.mail", "envelope-from")


def _passes(methods: Sequence[MethodResult], name: str, properties: Collection[str], domain: str) -> bool:
    """Tell whether a method passed for a domain that belongs to the sender's."""
    for method in methods:
        if method.method == name and method.result == "pass":
            named = (value.rpartition("@")[2] for key, value in method.properties if key in properties)
            if any(_aligned(each, domain) for each in named):
                return True
    return False


def _aligned(one: str, other: str) -> bool:
    """Tell whether two domains belong together: the same, or one within the other and not within a mere suffix."""
    short, long = sorted((one.strip(".").lower(), other), key=len)
    return short == long or ("." in short and long.endswith(f".{short}"))


def _loop(mail: ParsedMail, installation: str) -> Loop | None:
    if not mail.loop:
        return None
    return Loop.OURS if installation in mail.loop else Loop.OTHERS


def _answers(mail: ParsedMail) -> tuple[str, ...]:
    """Return the Message-IDs that a mail answers: the one it names, then its references from the nearest on."""
    named = (*((mail.in_reply_to,) if mail.in_reply_to else ()), *reversed(mail.references))
    return tuple(dict.fromkeys(identifier.strip("<>") for identifier in named))[:50]


def _tags(mail: ParsedMail, mailboxes: Collection[str]) -> Iterable[str]:
    """Yield what stands behind the plus sign in addresses of ours that the mail was sent to (RFC 5233)."""
    delivered = (value for name, value in mail.headers if name in {"delivered-to", "x-original-to", "envelope-to"})
    for text in (*(mailbox.address for mailbox in (*mail.to, *mail.cc)), *delivered):
        local, _, domain = text.strip().strip("<>").lower().rpartition("@")
        plain, plus, tag = local.partition("+")
        if plus and canonical(f"{plain}@{domain}") in mailboxes:
            yield tag


def _bounced(mail: ParsedMail, tags: Iterable[str], ending: str) -> tuple[str, ...]:
    """Return by what a report names the mail of ours that it is about: its copy, or the address it came back to."""
    if mail.automatic is None:
        return ()
    named = mail.bounce.original_message_id if mail.bounce else None
    by_address = (f"{found.group(1)}.{ending}" for tag in tags if (found := _BOUNCE_TOKEN.fullmatch(tag)))
    return (*((named.strip("<>"),) if named else ()), *by_address)
