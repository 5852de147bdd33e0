"""The rows of the file store: which bytes are kept, and how many things need them."""

from piccolo.columns import BigInt, Integer, Timestamptz, Varchar
from piccolo.table import Table

from helpdesk_core.db import DB


class Blob(Table, tablename="helpdesk_core_blob", db=DB):
    """Bytes by their SHA-256; kept while something refers to them, and a while longer."""

    hash = Varchar(length=64, primary_key=True)
    size = BigInt()
    uses = Integer(default=0)
    created_at = Timestamptz(default=None)
    unreferenced_at = Timestamptz(null=True, default=None)
