"""The rows of contracts and trials."""

from piccolo.columns import UUID, Date, ForeignKey, Integer, OnDelete, Text, Timestamptz, Varchar
from piccolo.table import Table

from helpdesk_core.accounts.tables import Organisation, Person
from helpdesk_core.db import DB, Index, uuid7


class Entitlement(Table, tablename="helpdesk_contracts_entitlement", db=DB):
    """Support for a person or an organisation over whole days, the last one included, in the site's zone.

    `source_key` makes imports repeatable and lets a trial be given once: `trial:<key>` or what the source calls it.
    """

    id = UUID(primary_key=True, default=uuid7)
    kind = Varchar(length=20)
    person = ForeignKey(references=Person, on_delete=OnDelete.cascade, null=True)
    organisation = ForeignKey(references=Organisation, on_delete=OnDelete.cascade, null=True)
    product = Varchar(length=64, null=True, default=None)
    valid_from = Date(default=None)
    valid_to = Date(default=None)
    source = Varchar(length=40)
    source_key = Varchar(length=400, unique=True)
    note = Text(null=True, default=None)
    created_at = Timestamptz(default=None)
    created_by = UUID(null=True, default=None)
    version = Integer(default=1)

    INDEXES = (Index(("person", "valid_to")), Index(("organisation", "valid_to")))
