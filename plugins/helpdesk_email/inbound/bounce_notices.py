"""Reports in JSON, as Amazon's mail service sends them in place of a delivery status."""

import msgspec

from .addresses import canonical_address
from .identifiers import message_id
from .parsed import Bounce


class _BouncedRecipient(msgspec.Struct):
    emailAddress: str = ""  # noqa: N815 - the names are Amazon's
    status: str | None = None


class _BounceNotice(msgspec.Struct):
    bounceType: str = ""  # noqa: N815 - the sender's name for it
    bouncedRecipients: list[_BouncedRecipient] = []  # noqa: N815 - the sender's name for it


class _BouncedMail(msgspec.Struct):
    messageId: str = ""  # noqa: N815 - the sender's name for it


class _Notification(msgspec.Struct):
    bounce: _BounceNotice | None = None
    mail: _BouncedMail | None = None


def bounce_of_notice(text: str) -> Bounce | None:
    """Return what the text reports when it is such a notification; never raises."""
    if not text.startswith("{") or '"bounce"' not in text:
        return None
    try:
        notice = msgspec.json.decode(text, type=_Notification, strict=False)
    except (msgspec.DecodeError, RecursionError):
        return None
    if notice.bounce is None or not notice.bounce.bouncedRecipients:
        return None
    first = notice.bounce.bouncedRecipients[0]
    return Bounce(
        recipient=canonical_address(first.emailAddress),
        status=first.status,
        permanent=notice.bounce.bounceType.lower() == "permanent",
        original_message_id=message_id(notice.mail.messageId.encode()) if notice.mail else None,
    )
