"""What reading a mail yields: plain frozen values that cross the pipe from the parser process.

Everything routing needs stands here, decoded and bounded, and nothing here was decided: whom the mail may become
is asked elsewhere. This module must not parse, and must not import anything but the standard library and msgspec.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Mailbox(Struct, frozen=True, kw_only=True):
    """One mailbox of an address field: a bare address and the name beside it."""

    address: str
    """`local@domain` without brackets or quotes of the field; the domain in lower case, the local part as typed."""
    name: str = ""


class Automatic(StrEnum):
    """Why a mail is held to be written by a machine, or not to be answered by one."""

    AUTO_REPLY = "auto_reply"
    """An answer of a machine to a mail (RFC 3834 `auto-replied`, out of office)."""
    AUTO_GENERATED = "auto_generated"
    """A machine's own message (RFC 3834 `auto-generated`, a null sender, a daemon)."""
    BOUNCE = "bounce"
    """A report that a mail was not delivered or is late (RFC 3464 or what servers really send)."""
    DELIVERY_RECEIPT = "delivery_receipt"
    """A report that a mail was delivered (RFC 3464 with `delivered`, `relayed`, `expanded`)."""
    READ_RECEIPT = "read_receipt"
    """A report that a mail was shown or deleted (RFC 8098)."""
    ABUSE_REPORT = "abuse_report"
    """A complaint in the format of RFC 5965."""
    LIST = "list"
    """Sent through a list or a distribution group: perhaps a person's words, but never to be answered by a machine."""
    BULK = "bulk"
    """Mass mail (`Precedence: bulk` or `junk`) without a list."""
    TICKET_SYSTEM = "ticket_system"
    """From another ticket system that marks even its people's words as generated."""

    @property
    def machine_written(self) -> bool:
        """Whether a machine wrote the words; lists, mass mail and other desks may carry a person's."""
        return self not in {Automatic.LIST, Automatic.BULK, Automatic.TICKET_SYSTEM}


class Bounce(Struct, frozen=True, kw_only=True):
    """What a report about an undelivered or late mail says."""

    recipient: str | None
    """The address that failed, domain in lower case; None where the report does not tell."""
    status: str | None
    """The enhanced status code (RFC 3463), such as `5.1.1`; None where the report has none."""
    permanent: bool
    """False for a delay or a failure that may pass."""
    original_message_id: str | None = None
    """The Message-ID of the mail the report is about, in angle brackets."""


class MethodResult(Struct, frozen=True, kw_only=True):
    """The result of one method of an Authentication-Results field (RFC 8601)."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()
    """`("header.from", "example.org")` and the like, names and values in lower case, in the order of the field."""


class AuthenticationResults(Struct, frozen=True, kw_only=True):
    """One Authentication-Results field; only one whose `authserv_id` is our own server's may be believed."""

    authserv_id: str
    methods: tuple[MethodResult, ...] = ()


class Attachment(Struct, frozen=True, kw_only=True):
    """One file of a mail, decoded."""

    filename: str
    """Cleaned: a plain name, never empty, never a path; show it escaped, store under the hash."""
    content_type: str
    """As declared, `type/subtype` in lower case: a hint, not the truth."""
    size: int
    sha256: str
    """Of the decoded content, in lower-case hexadecimal."""
    inline: bool
    """Meant to be shown within the text rather than beside it."""
    content_id: str | None = None
    """Without angle brackets: what `cid:` in the HTML refers to."""
    content: bytes = b""
    """Empty when the contents were not asked for; `size` and `sha256` are always those of the real content."""


class ParsedMail(Struct, frozen=True, kw_only=True):
    """A mail that was read. Whatever the bytes were, there is always one of these."""

    size: int
    from_address: str | None = None
    """The one address of the From field, domain in lower case; None when there is none or it is ambiguous."""
    from_name: str = ""
    from_ambiguous: bool = False
    """True when the From field could be read as more than one sender (CVE-2023-27043): none was chosen."""
    reply_to: tuple[Mailbox, ...] = ()
    to: tuple[Mailbox, ...] = ()
    cc: tuple[Mailbox, ...] = ()
    sender: str | None = None
    return_path: str | None = None
    """The envelope sender as the receiving server noted it; "" for the null sender, None where there is no field."""
    subject: str = ""
    message_id: str | None = None
    """In angle brackets, like all Message-IDs here."""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    date: datetime | None = None
    """When the sender says the mail was written, in UTC."""
    text: str = ""
    """The body as plain text, lines ended by a line feed; HTML is rendered where there is no plain part."""
    fold_points: tuple[tuple[int, int], ...] = ()
    """Ascending, disjoint offsets into `text` of what is quote, attribution or signature: folded, never deleted."""
    reply: str = ""
    """`text` without the folded parts; the whole of it where nothing would remain."""
    html: str | None = None
    """Sanitised: no script, style sheet, form or remote reference; pictures of the mail as `cid:` references."""
    attachments: tuple[Attachment, ...] = ()
    auto_submitted: str | None = None
    """The keyword of the Auto-Submitted field (RFC 3834) in lower case."""
    automatic: Automatic | None = None
    bounce: Bounce | None = None
    authentication_results: tuple[AuthenticationResults, ...] = ()
    """In the order of the fields: the topmost, written last, first."""
    list_id: str | None = None
    precedence: str | None = None
    loop: tuple[str, ...] = ()
    """Values of our own loop header, `LOOP_HEADER`; whoever knows our installation's id compares them."""
    oversize: bool = False
    """True when the mail is above the limit: only its headers were read."""
    defects: tuple[str, ...] = ()
    """What was wrong with the mail, as stable codes such as `html-cut`, each once, in the order met."""
    headers: tuple[tuple[str, str], ...] = ()
    """Header fields in their order, decoded and bounded, for the record of a decision; names in lower case."""

    def header(self, name: str) -> str | None:
        """Return the first field of this name, decoded and on one line, or None."""
        wanted = name.lower()
        return next((value for field, value in self.headers if field == wanted), None)


LOOP_HEADER = "X-Helpdesk-Loop"
"""The field by which a helpdesk knows its own mail again: its value is the id of the installation."""
