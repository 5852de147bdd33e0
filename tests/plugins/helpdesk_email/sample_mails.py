"""Where the sample mails of these tests lie, and how one is read."""

from pathlib import Path

from helpdesk_email.inbound.parse import parse
from helpdesk_email.inbound.parsed import ParsedMail

MAILS = Path(__file__).parents[2] / "data" / "mails"


def raw(name: str) -> bytes:
    return (MAILS / f"{name}.eml").read_bytes()


def sample(name: str) -> ParsedMail:
    return parse(raw(name))


def with_fields(*fields: bytes, body: bytes = b"x") -> ParsedMail:
    return parse(b"\n".join(fields) + b"\n\n" + body)
