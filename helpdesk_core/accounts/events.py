"""What happened to people and organisations, for the history and for subscribers.

Ids and codes only: who they are, what they typed and where they are reached stands in the rows, which can be erased.
"""

from typing import ClassVar
from uuid import UUID

from helpdesk_core.bus import Code, Event


class PersonRegistered(Event, frozen=True, kw_only=True):
    """Somebody made an account for themselves; nothing is proven yet."""

    name: ClassVar[str] = "person.registered"


class RegistrationRepeated(Event, frozen=True, kw_only=True):
    """Somebody registered with an address of this person; nothing was changed."""

    name: ClassVar[str] = "person.registration_repeated"


class PasswordForgotten(Event, frozen=True, kw_only=True):
    """Somebody asked for a new password; nothing was changed.

    Its subject is the person, or a made-up `visitor` when the address is nobody's: both leave the same traces.
    """

    name: ClassVar[str] = "person.password_forgotten"


class PersonCreated(Event, frozen=True, kw_only=True):
    """An operator, an agent or an import made an account for somebody.

    Attributes:
        role: What they may be.
        state: `active` with a password, `invited` without.
    """

    name: ClassVar[str] = "person.created"
    role: Code
    state: Code


class PersonConfirmed(Event, frozen=True, kw_only=True):
    """The account belongs to the one who reads its mail, and the password is theirs.

    Attributes:
        evidence: `link` (and the password), `reset` (a new password), `created` (an operator vouches).
    """

    name: ClassVar[str] = "person.confirmed"
    evidence: Code


class PersonRemoved(Event, frozen=True, kw_only=True):
    """An account is gone; what others need of it stays without name, address and password.

    Attributes:
        reason: `not_me`, `unconfirmed` or `asked`.
    """

    name: ClassVar[str] = "person.removed"
    reason: Code


class ProfileChanged(Event, frozen=True, kw_only=True):
    """Names, language, zone or values of a person changed.

    Attributes:
        fields: Which ones, by name.
    """

    name: ClassVar[str] = "person.profile_changed"
    fields: tuple[Code, ...]


class RoleChanged(Event, frozen=True, kw_only=True):
    """A person may do more, or less, than before.

    Attributes:
        before: The role until now.
        after: The role from now on.
    """

    name: ClassVar[str] = "person.role_changed"
    before: Code
    after: Code


class PasswordSet(Event, frozen=True, kw_only=True):
    """A password was set in place of another. Sessions signed in before are void.

    Attributes:
        reason: `reset` (by a link) or `changed` (by its owner).
    """

    name: ClassVar[str] = "person.password_set"
    reason: Code


class AddressProven(Event, frozen=True, kw_only=True):
    """Somebody reads what is sent to this address.

    Attributes:
        address_id: The address.
        evidence: `link`, `reset`, `created`, `answer` (to one of our mails) or a plugin's own word.
    """

    name: ClassVar[str] = "person.address_proven"
    address_id: UUID
    evidence: Code


class AddressBounced(Event, frozen=True, kw_only=True):
    """What is sent to this address comes back for good.

    Attributes:
        address_id: The address.
    """

    name: ClassVar[str] = "person.address_bounced"
    address_id: UUID


class OrganisationCreated(Event, frozen=True, kw_only=True):
    """A school or firm is known from now on."""

    name: ClassVar[str] = "organisation.created"


class MembershipGranted(Event, frozen=True, kw_only=True):
    """A person belongs to an organisation.

    Attributes:
        membership_id: The membership.
        organisation_id: The organisation.
        role: What they are in it.
        source: Who says so: `agent`, `import`, `domain` or a plugin's own word.
    """

    name: ClassVar[str] = "person.membership_granted"
    membership_id: UUID
    organisation_id: UUID
    role: Code
    source: Code


class MembershipEnded(Event, frozen=True, kw_only=True):
    """A person no longer belongs to an organisation, from a day on.

    Attributes:
        membership_id: The membership.
        organisation_id: The organisation.
    """

    name: ClassVar[str] = "person.membership_ended"
    membership_id: UUID
    organisation_id: UUID


EVENTS: tuple[type[Event], ...] = (
    PersonRegistered,
    RegistrationRepeated,
    PasswordForgotten,
    PersonCreated,
    PersonConfirmed,
    PersonRemoved,
    ProfileChanged,
    RoleChanged,
    PasswordSet,
    AddressProven,
    AddressBounced,
    OrganisationCreated,
    MembershipGranted,
    MembershipEnded,
)
"""All event types of this room."""
