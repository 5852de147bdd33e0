"""What people are told about their accounts.

Where the plain token of a link exists: a notice holds ids only. Its delivery is put into words once, when it is sent;
only then `context` makes the token, stores its hash and hands the plain text to the template. So no plain token lies
in an event, a notice or a queue that waits, and its lifetime begins when the mail leaves. A crash between the two
leaves a hash that nobody knows the token of; the next try makes another.
"""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from helpdesk_core.accounts import people, tokens
from helpdesk_core.accounts.people import Account, AccountState
from helpdesk_core.accounts.tokens import Purpose
from helpdesk_core.bus import Code, Composed, Composing, Notice


class AccountCreated(Notice, frozen=True, kw_only=True):
    """You registered: sign in, confirm, or say that it was not you.

    Attributes:
        person_id: The new account.
        address_id: The address that is to be confirmed.
    """

    name: ClassVar[Code] = "account_created"
    confidential: ClassVar[bool] = True
    person_id: UUID
    address_id: UUID

    async def context(self, composing: Composing) -> Composed | None:
        """Make the token for confirming; nothing is told once the account is confirmed or gone."""
        account = await _open_account(self.person_id, self.address_id)
        if account is None or account.confirmed or composing.links is None:
            return None
        token = await tokens.issue(Purpose.CONFIRM, self.person_id, self.address_id, composing.now)
        return Composed(
            values={
                "sign_in": composing.links.sign_in,
                "confirm": composing.links.confirm(token.text),
                "not_me": composing.links.not_me(token.text),
                "until": token.until,
            }
        )


class AccountExists(Notice, frozen=True, kw_only=True):
    """Somebody wanted to register with an address that has an account; nothing was changed.

    Attributes:
        person_id: The account.
    """

    name: ClassVar[Code] = "account_exists"
    person_id: UUID

    async def context(self, composing: Composing) -> Composed | None:
        """Say where to sign in; nothing is told on a site without web."""
        if composing.links is None or not await people.load([self.person_id]):
            return None
        return Composed(values={"sign_in": composing.links.sign_in, "forgot": composing.links.forgot})


class Invited(Notice, frozen=True, kw_only=True):
    """Somebody of the vendor made an account for you: choose a password.

    Attributes:
        person_id: The account.
        address_id: The address that is proven by using the link.
    """

    name: ClassVar[Code] = "invited"
    confidential: ClassVar[bool] = True
    lifetime: ClassVar[timedelta | None] = tokens.LIFETIMES[Purpose.INVITE]
    person_id: UUID
    address_id: UUID

    async def context(self, composing: Composing) -> Composed | None:
        """Make the token for the first password; nothing is told once there is one."""
        account = await _open_account(self.person_id, self.address_id)
        if account is None or account.state is not AccountState.INVITED or composing.links is None:
            return None
        token = await tokens.issue(Purpose.INVITE, self.person_id, self.address_id, composing.now)
        return Composed(values={"set_password": composing.links.reset(token.text), "until": token.until})


class PasswordResetRequested(Notice, frozen=True, kw_only=True):
    """Here is the link to a new password.

    The same is queued when nobody has the address that was asked for, so that asking takes the same time; it is then
    withdrawn when it is due.

    Attributes:
        person_id: The account, None when there is none.
        address_id: The address that is proven by using the link.
    """

    name: ClassVar[Code] = "password_reset_requested"
    confidential: ClassVar[bool] = True
    lifetime: ClassVar[timedelta | None] = tokens.LIFETIMES[Purpose.RESET]
    person_id: UUID | None
    address_id: UUID | None

    async def context(self, composing: Composing) -> Composed | None:
        """Make the token for a new password; nothing is told to nobody, or once the account is gone."""
        if self.person_id is None or self.address_id is None or composing.links is None:
            return None
        if await _open_account(self.person_id, self.address_id) is None:
            return None
        token = await tokens.issue(Purpose.RESET, self.person_id, self.address_id, composing.now)
        return Composed(values={"reset": composing.links.reset(token.text), "until": token.until})


class PasswordWasSet(Notice, frozen=True, kw_only=True):
    """Your password was changed; if that was not you, do this.

    Attributes:
        person_id: The account.
        at: When it was changed.
    """

    name: ClassVar[Code] = "password_was_set"
    person_id: UUID
    at: datetime

    async def context(self, composing: Composing) -> Composed | None:
        """Say when it was and where to set another; nothing is told once the account is gone."""
        account = (await people.load([self.person_id])).get(self.person_id)
        if account is None or account.state is AccountState.REMOVED:
            return None
        return Composed(values={"at": self.at, "forgot": composing.links.forgot if composing.links else None})


async def _open_account(person_id: UUID, address_id: UUID) -> Account | None:
    """Return the account if its owner may use it and the address is still theirs."""
    account = (await people.load([person_id])).get(person_id)
    return account if account and account.is_open and account.address(address_id) else None


NOTICES: tuple[type[Notice], ...] = (
    AccountCreated,
    AccountExists,
    Invited,
    PasswordResetRequested,
    PasswordWasSet,
)
"""All notice types of this room."""
