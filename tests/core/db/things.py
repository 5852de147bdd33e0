"""Tables that only these tests know, and the app they make with the tables of the room itself."""

from decimal import Decimal

from piccolo.columns import UUID, Boolean, ForeignKey, Integer, Numeric, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from helpdesk_core.db import DB, App, Index, uuid7
from helpdesk_core.db.tables import IdempotencyKey, Installation, RateLimit


class Thing(Table, tablename="things_thing", db=DB):
    id = UUID(primary_key=True, default=uuid7)
    name = Varchar(length=100, unique=True)
    kind = Varchar(length=20, default="plain")
    amount = Integer(default=0)
    price = Numeric(digits=(8, 2), default=Decimal(0))
    done = Boolean(default=False)
    due = Timestamptz(null=True, default=None)

    INDEXES = (
        Index(("kind", "amount"), unique=True, where="kind <> 'plain'"),
        Index(("done", "due DESC")),
    )


class Part(Table, tablename="things_part", db=DB):
    id = UUID(primary_key=True, default=uuid7)
    thing = ForeignKey(references=Thing, on_delete=OnDelete.restrict, null=False)
    number = Integer(default=0)


THINGS = App("things", "things", [Thing, Part, IdempotencyKey, RateLimit, Installation])
