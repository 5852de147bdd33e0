"""The rows of accounts: people, their addresses, organisations, and what proves who somebody is."""

from piccolo.columns import (
    UUID,
    Boolean,
    Date,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

from helpdesk_core.db import DB, Index, uuid7


class Person(Table, tablename="helpdesk_core_person", db=DB):
    """Somebody. An e-mail address is not a column: people have several, and change them."""

    id = UUID(primary_key=True, default=uuid7)
    salutation = Varchar(length=40, default="")
    given_name = Varchar(length=200, default="")
    family_name = Varchar(length=200, default="")
    role = Varchar(length=20, default="customer", index=True)
    state = Varchar(length=20, default="active")
    language = Varchar(length=20, null=True, default=None)
    timezone = Varchar(length=60, null=True, default=None)
    password_hash = Varchar(length=255, null=True, default=None)
    password_set_at = Timestamptz(null=True, default=None)
    confirmed_at = Timestamptz(null=True, default=None)
    created_at = Timestamptz(default=None)
    created_by = Varchar(length=40, default="web")
    sequence = Integer(default=0)
    version = Integer(default=1)
    redacted_at = Timestamptz(null=True, default=None)
    redaction_reason = Varchar(length=200, null=True, default=None)

    INDEXES = (Index(("state", "created_at")), Index(("family_name", "given_name")))


class PersonValue(Table, tablename="helpdesk_core_person_value", db=DB):
    """What a site or plugin knows of a person beyond the core; unique by (person, key)."""

    id = UUID(primary_key=True, default=uuid7)
    person = ForeignKey(references=Person, on_delete=OnDelete.cascade, null=False)
    key = Varchar(length=64)
    text = Text(null=True, default=None)
    number = DoublePrecision(null=True, default=None)
    instant = Timestamptz(null=True, default=None)

    INDEXES = (
        Index(("person", "key"), unique=True),
        Index(("key", "text")),
        Index(("key", "number")),
        Index(("key", "instant")),
    )


class Address(Table, tablename="helpdesk_core_address", db=DB):
    """Where a person is reached; unique by (channel, canonical) among those not removed."""

    id = UUID(primary_key=True, default=uuid7)
    person = ForeignKey(references=Person, on_delete=OnDelete.cascade, null=False)
    channel = Varchar(length=40, default="email")
    value = Varchar(length=320)
    canonical = Varchar(length=320)
    main = Boolean(default=True)
    created_at = Timestamptz(default=None)
    proven_at = Timestamptz(null=True, default=None)
    bounced_at = Timestamptz(null=True, default=None)
    bounce_reason = Text(null=True, default=None)
    removed_at = Timestamptz(null=True, default=None)

    INDEXES = (
        Index(("channel", "canonical"), unique=True, where="removed_at IS NULL"),
        Index(("person",)),
    )


class Organisation(Table, tablename="helpdesk_core_organisation", db=DB):
    """A customer that is not one person: a school, a firm."""

    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=300)
    folded_name = Varchar(length=300, index=True)
    customer_number = Varchar(length=60, null=True, default=None, unique=True)
    created_at = Timestamptz(default=None)
    sequence = Integer(default=0)
    version = Integer(default=1)

    INDEXES = (Index(("folded_name", "created_at")),)


class Membership(Table, tablename="helpdesk_core_membership", db=DB):
    """A person in an organisation for a time; only agents, imports and domain rules make one, never a typed claim."""

    id = UUID(primary_key=True, default=uuid7)
    organisation = ForeignKey(references=Organisation, on_delete=OnDelete.cascade, null=False)
    person = ForeignKey(references=Person, on_delete=OnDelete.cascade, null=False)
    role = Varchar(length=40, default="member")
    valid_from = Date(null=True, default=None)
    valid_to = Date(null=True, default=None)
    source = Varchar(length=40, default="agent")
    created_at = Timestamptz(default=None)

    INDEXES = (Index(("person",)), Index(("organisation",)))


class OneTimeToken(Table, tablename="helpdesk_core_one_time_token", db=DB):
    """A link that works once; only the hash of its token is stored."""

    id = UUID(primary_key=True, default=uuid7)
    purpose = Varchar(length=40)
    token_hash = Varchar(length=64, unique=True)
    person = ForeignKey(references=Person, on_delete=OnDelete.cascade, null=False)
    address = ForeignKey(references=Address, on_delete=OnDelete.cascade, null=True)
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None)
    used_at = Timestamptz(null=True, default=None)
