"""The tables of this room: keys of requests that were done, hits of rate limits, and which installation this is."""

from piccolo.columns import UUID, Integer, Text, Timestamptz, Varchar
from piccolo.table import Table

from helpdesk_core.db.apps import Index
from helpdesk_core.db.keys import uuid7
from helpdesk_core.db.routing import DB


class IdempotencyKey(Table, tablename="helpdesk_core_idempotency_key", db=DB):
    """A request that was done, and what came out; unique by (scope, key). See `idempotency.once`."""

    id = UUID(primary_key=True, default=uuid7)
    scope = Varchar(length=100)
    key = Varchar(length=200)
    request_hash = Varchar(length=64)
    result = Text(null=True, default=None)
    created_at = Timestamptz(default=None, index=True)

    INDEXES = (Index(("scope", "key"), unique=True),)


class RateLimit(Table, tablename="helpdesk_core_rate_limit", db=DB):
    """Hits of one bucket within one slice of time; unique by (bucket, window_start). See `rate_limits.hit`."""

    id = UUID(primary_key=True, default=uuid7)
    bucket = Varchar(length=300)
    window_start = Timestamptz(default=None, index=True)
    used = Integer(default=0)

    INDEXES = (Index(("bucket", "window_start"), unique=True),)


class Installation(Table, tablename="helpdesk_core_installation", db=DB):
    """Which installation wrote this database: one row, whose id is renewed when a backup is restored."""

    id = UUID(primary_key=True, default=uuid7)
    created_at = Timestamptz(default=None)
    restored_at = Timestamptz(null=True, default=None)
