"""Files of forms that are not finished: no error, and no session that ran out, loses one.

Every file that arrives is first kept here for its sender. A form that comes back shows what is kept; the next try
names it instead of sending it again.

A kept file is found by its key and its owner together, never by the key alone.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import BinaryIO, Final, cast
from uuid import UUID

import msgspec

from helpdesk_core import Helpdesk
from helpdesk_core.db import DatabaseError, uuid7
from helpdesk_core.files import StoredFile, clean_name, media_type_of
from helpdesk_core.text import Words
from helpdesk_core.tickets import NewFile
from helpdesk_web.sent import Form, LeftOut, Upload
from helpdesk_web.settings import Limits
from helpdesk_web.tables import DraftFile
from helpdesk_web.views import FileView

__all__ = ["Brought", "Drafts", "KeptFile"]

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(days=7)
"""How long a file waits for the rest of its form."""

AFTERWARDS: Final = timedelta(hours=1)
"""How long a file is still found after its form arrived, so that a form sent twice is the same form."""

_HEAD: Final = 8192


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is kept for a form.

    Attributes:
        id: Its key.
        name: Its cleaned name.
        media_type: What its bytes are.
        stored: Its bytes.
    """

    id: UUID
    name: str
    media_type: str
    stored: StoredFile

    @property
    def new_file(self) -> NewFile:
        """The file as commands want it."""
        return NewFile(name=self.name, stored=self.stored, media_type=self.media_type)

    @property
    def view(self) -> FileView:
        """The file as forms show it."""
        return FileView(name=self.name, size=self.stored.size, key=str(self.id))


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What a form brought in one of its file fields.

    Attributes:
        files: Everything that is kept, in the order of the form.
        problem: What is wrong with the rest, in words; empty when nothing is.
    """

    files: tuple[KeptFile, ...]
    problem: str = ""

    @property
    def new_files(self) -> tuple[NewFile, ...]:
        """The files as commands want them."""
        return tuple(file.new_file for file in self.files)

    @property
    def views(self) -> tuple[FileView, ...]:
        """The files as forms show them."""
        return tuple(file.view for file in self.files)


class Drafts:
    """The files of unfinished forms of one site."""

    def __init__(self, helpdesk: Helpdesk, limits: Limits) -> None:
        self._helpdesk = helpdesk
        self._limits = limits

    async def receive(self, person: UUID, form: Form, words: Words, field: str = "files") -> Brought:
        """Keep what a form brought, and find again what was kept for it before.

        Args:
            person: Whose form it is.
            form: The form.
            words: For saying what is wrong with a file.
            field: Name of the form's field; what is kept comes back as `<field>_kept`.
        """
        wanted = form.all(f"{field}_kept")
        kept = await self._find(person, wanted)
        uploads = [upload for upload in form.uploads if upload.field == field]
        room = max(self._limits.files - len(kept), 0)
        left_out = [each for each in form.left_out if each.field == field]
        added = []
        for upload in uploads[:room]:
            try:
                added.append(await self._keep(person, upload))
            except (DatabaseError, OSError):
                # The rest of the form is worth more: it comes back, and says which file is missing.
                logger.exception("a file of a form could not be kept")
                left_out.append(_left_out(upload, "busy"))
        left_out += (_left_out(upload, "many") for upload in uploads[room:])
        problems = [self._complaint(each, words) for each in left_out]
        if len(kept) < len(set(wanted)):
            problems.append(words.gettext("A file that you added before is no longer here. Please add it again."))
        return Brought(files=(*kept, *added), problem=" ".join(problems))

    async def arrived(self, brought: Brought) -> None:
        """Let go of the files of a form that did what it should; a repeat of it still finds them for a while."""
        if brought.files:
            until = self._helpdesk.clock.now() + AFTERWARDS
            await DraftFile.update({DraftFile.expires_at: until}).where(
                DraftFile.id.is_in([file.id for file in brought.files])
            )

    async def sweep(self) -> None:
        """Let go of what nobody came back for."""
        now = self._helpdesk.clock.now()
        for row in await DraftFile.select(DraftFile.id, DraftFile.blob).where(DraftFile.expires_at <= now):
            async with self._helpdesk.database.unit() as unit:
                gone = await DraftFile.delete().where(DraftFile.id == row["id"]).returning(DraftFile.id)
                if gone:
                    await self._helpdesk.files.release(unit, row["blob"], now)

    async def _find(self, person: UUID, keys: Sequence[str]) -> list[KeptFile]:
        ids = list(dict.fromkeys(filter(None, map(_key, keys))))[: self._limits.files]
        if not ids:
            return []
        now = self._helpdesk.clock.now()
        rows = await DraftFile.select().where(
            DraftFile.id.is_in(ids), DraftFile.person == person, DraftFile.expires_at > now
        )
        found = {
            row["id"]: KeptFile(
                id=row["id"],
                name=row["name"],
                media_type=row["media_type"],
                stored=StoredFile(row["blob"], row["size"]),
            )
            for row in rows
        }
        return [found[key] for key in ids if key in found]

    async def _keep(self, person: UUID, upload: Upload) -> KeptFile:
        name = clean_name(upload.name)
        upload.content.seek(0)
        media_type = media_type_of(name, upload.content.read(_HEAD))
        stored = await self._helpdesk.files.put(cast("BinaryIO", upload.content))
        now = self._helpdesk.clock.now()
        file = KeptFile(id=uuid7(), name=name, media_type=media_type, stored=stored)
        async with self._helpdesk.database.unit() as unit:
            await self._helpdesk.files.refer(unit, stored, now)
            await DraftFile.insert(
                DraftFile(
                    id=file.id,
                    person=person,
                    blob=stored.blob,
                    name=name,
                    media_type=media_type,
                    size=stored.size,
                    created_at=now,
                    expires_at=now + KEPT,
                )
            )
        return file

    def _complaint(self, file: LeftOut, words: Words) -> str:
        _ = words.gettext
        name = clean_name(file.name)
        if file.reason == "big":
            return _(
                "%(name)s has %(size)s. A file may have %(most)s at most.",
                name=name,
                size=words.file_size(file.size),
                most=words.file_size(self._limits.file),
            )
        if file.reason == "many":
            return _(
                "%(name)s is one file too many. At most %(most)s are possible.", name=name, most=self._limits.files
            )
        if file.reason == "busy":
            return _("%(name)s could not be stored just now. Please add it again.", name=name)
        return _("%(name)s could not be kept while you were not signed in. Please add it again.", name=name)


def _left_out(upload: Upload, reason: str) -> LeftOut:
    return LeftOut(field=upload.field, name=upload.name, size=upload.size, reason=reason)


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
