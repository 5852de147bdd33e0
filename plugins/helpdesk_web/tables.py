"""The rows of the web channel: who is signed in where, and files of forms that are not finished."""

from piccolo.columns import UUID, BigInt, ForeignKey, OnDelete, Timestamptz, Varchar
from piccolo.table import Table

from helpdesk_core.accounts.tables import Person
from helpdesk_core.db import DB, Index, uuid7
from helpdesk_core.files.tables import Blob


class Session(Table, tablename="helpdesk_web_session", db=DB):
    """Somebody signed in on one device. Only the hash of the token in their cookie is stored."""

    id = UUID(primary_key=True, default=uuid7)
    token_hash = Varchar(length=64, unique=True)
    person = ForeignKey(references=Person, on_delete=OnDelete.cascade, null=False)
    device = Varchar(length=60, default="")
    began_at = Timestamptz(default=None)
    seen_at = Timestamptz(default=None, index=True)

    INDEXES = (Index(("person", "began_at DESC")),)


class DraftFile(Table, tablename="helpdesk_web_draft_file", db=DB):
    """A file that came with a form, kept for its sender until the form is finished."""

    id = UUID(primary_key=True, default=uuid7)
    # A person of whom files are kept is not deleted before they are let go, or their bytes would stay for ever.
    person = ForeignKey(references=Person, on_delete=OnDelete.restrict, null=False)
    blob = ForeignKey(references=Blob, on_delete=OnDelete.restrict, null=False)
    name = Varchar(length=255)
    media_type = Varchar(length=150)
    size = BigInt()
    created_at = Timestamptz(default=None)
    expires_at = Timestamptz(default=None, index=True)

    INDEXES = (Index(("person", "expires_at")),)
