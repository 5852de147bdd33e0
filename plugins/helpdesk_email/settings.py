"""How a site wants its mail: mailboxes, the server that sends, and limits. Values only; nothing here is connected."""

import ipaddress
from typing import Annotated, Literal

import msgspec

from helpdesk_core import ConfigurationError, Secret, Settings
from helpdesk_core.accounts import addresses
from helpdesk_core.errors import Invalid
from helpdesk_email.inbound import limits

Tls = Literal["implicit", "starttls", "none"]
"""`implicit`: encrypted from the first byte. `starttls`: asked for, and never gone on without. `none`: in the clear."""

Port = Annotated[int, msgspec.Meta(ge=1, le=65535)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=3600)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3660)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Method = Literal["subject", "references", "address"]
"""How a mail finds its ticket: the number in the subject, the Message-IDs it answers, the token in our address."""


LONGEST_LOCAL = 23
"""What a token of 40 characters and a plus sign leave of the 64 that may stand before the @."""


class Imap(Settings):
    """Where a mailbox is read (RFC 9051 and RFC 3501).

    Attributes:
        host: The server; empty switches reading off.
        port: Its port; 993 for `implicit`, 143 else.
        user: Who signs in.
        password: With which password.
        tls: How the line is protected.
        ca_file: Certificates to trust instead of the system's, for a server with a certificate of your own.
        folder: The folder that is read.
        processed: The folder that read mails are moved to; made when missing. Empty leaves them where they are.
        poll_seconds: The longest pause between two looks; new mail is usually announced at once.
    """

    host: str
    user: str
    password: Secret
    port: Port | None = None
    tls: Tls = "implicit"
    ca_file: str = ""
    folder: str = "INBOX"
    processed: str = "Processed"
    poll_seconds: Seconds = 60

    def validate(self) -> None:
        """Refuse to send a password over an open line, and a folder that is its own archive."""
        _protect("Imap", self.host, self.tls, has_password=True)
        if self.folder == self.processed:
            raise ConfigurationError("Imap.processed must be another folder than Imap.folder, or empty")

    @property
    def at(self) -> int:
        """The port."""
        return self.port or (993 if self.tls == "implicit" else 143)


class Smtp(Settings):
    """The server that takes over what we send (RFC 5321, RFC 6409).

    Attributes:
        host: The server.
        port: Its port; 465 for `implicit`, 587 for `starttls`, 25 else.
        user: Who signs in; None when nobody has to.
        password: With which password.
        tls: How the line is protected.
        ca_file: Certificates to trust instead of the system's.
        timeout: Seconds to wait for each answer but the last one, which gets ten minutes (RFC 5321 section 4.5.3.2).
        connections: The most lines to the server at once, in one process.
    """

    host: str = "127.0.0.1"
    port: Port | None = None
    user: str | None = None
    password: Secret | None = None
    tls: Tls = "none"
    ca_file: str = ""
    timeout: Seconds = 60
    connections: Annotated[int, msgspec.Meta(ge=1, le=10)] = 4

    def validate(self) -> None:
        """Refuse half of a sign-in, and a password over an open line."""
        if bool(self.user) != bool(self.password and self.password.reveal()):
            raise ConfigurationError("Smtp needs both user and password, or neither")
        _protect("Smtp", self.host, self.tls, has_password=bool(self.user))

    @property
    def at(self) -> int:
        """The port."""
        return self.port or {"implicit": 465, "starttls": 587, "none": 25}[self.tls]


class Mailbox(Settings):
    """An address of the site.

    Attributes:
        address: People write to it, and answers come from it.
        receive: Where it is read; None when its mail comes another way, or not at all.
        authserv_id: The name under which your own mail server writes Authentication-Results (RFC 8601). Only such
            results are believed; None believes none.
        plus: Whether the server delivers `local+anything@domain` to this mailbox too. Answers and bounces then carry
            a token in their address.
    """

    address: str
    receive: Imap | None = None
    authserv_id: str | None = None
    plus: bool = False

    def validate(self) -> None:
        """Refuse what is no address, and one that has no room for a token (RFC 5321 section 4.5.3.1.1)."""
        try:
            local = addresses.canonical(self.address).rpartition("@")[0]
        except Invalid as error:
            text = "Mailbox.address: %(address)r is no e-mail address"
            raise ConfigurationError(text, address=self.address) from error
        if self.plus and len(local) > LONGEST_LOCAL:
            text = "Mailbox.plus: %(address)s has no room for a token; use at most %(most)s characters before the @"
            raise ConfigurationError(text, address=self.address, most=LONGEST_LOCAL)

    @property
    def canonical(self) -> str:
        """The address as it is compared."""
        return addresses.canonical(self.address)


class Limits(Settings):
    """What one mail may bring, and how often machines may make us answer.

    What is above a limit is kept in the raw mail and shown to agents; it is never thrown away unread.

    Attributes:
        mail_bytes: A larger mail is not read, only its headers.
        file_bytes: A larger file of a mail does not become a file of the ticket; its sender is told.
        files: So many files of one mail become files of the ticket.
        outgoing_bytes: Files of one answer travel along up to this size together.
        proposals: So many people of a mail's Cc are proposed as participants.
        tickets_per_hour: New tickets by mail of one sender.
        replies_per_hour: Mails of one sender to one ticket.
        repeats_per_hour: Mails of one sender that say the same again; only machines write more.
        hints_per_hour: Mails that tell unknown senders how to register, all senders together.
    """

    mail_bytes: Annotated[int, msgspec.Meta(ge=10_000, le=limits.MAIL_BYTES)] = limits.MAIL_BYTES
    file_bytes: Annotated[int, msgspec.Meta(ge=1, le=limits.MAIL_BYTES)] = limits.MAIL_BYTES
    files: Annotated[int, msgspec.Meta(ge=0, le=limits.PARTS)] = limits.PARTS
    outgoing_bytes: Annotated[int, msgspec.Meta(ge=0, le=limits.MAIL_BYTES)] = 15 * limits.MIB
    proposals: Annotated[int, msgspec.Meta(ge=0, le=limits.RECIPIENTS)] = 20
    tickets_per_hour: Count = 20
    replies_per_hour: Count = 30
    repeats_per_hour: Count = 2
    hints_per_hour: Count = 60


class Keep(Settings):
    """How long mail is kept.

    Attributes:
        raw_days: The bytes of a mail, once it became part of a ticket or was set aside.
        waiting_days: A mail of an unknown sender, for them to register.
    """

    raw_days: Days = 30
    waiting_days: Days = 14


def _protect(name: str, host: str, tls: Tls, *, has_password: bool) -> None:
    """Refuse a password that everybody on the way could read.

    Raises:
        ConfigurationError: The line is open and leaves the machine.
    """
    if tls == "none" and has_password and host and not _is_here(host):
        raise ConfigurationError(
            "%(name)s would send its password to %(host)s in the clear; set tls to 'implicit' or 'starttls'",
            name=name,
            host=host,
        )


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
