"""Files: the bytes of attachments, kept by their hash, and the names people gave them."""

from helpdesk_core.files.names import clean_name
from helpdesk_core.files.store import FileDamaged, FileMissing, FileStore, StoredFile
from helpdesk_core.files.types import PICTURES, UNKNOWN, media_type_of

__all__ = [
    "PICTURES",
    "UNKNOWN",
    "FileDamaged",
    "FileMissing",
    "FileStore",
    "StoredFile",
    "clean_name",
    "media_type_of",
]
