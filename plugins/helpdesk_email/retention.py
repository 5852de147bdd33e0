"""What is let go in time: the bytes of mails, and what was written down about them."""

from datetime import datetime
from uuid import UUID

from helpdesk_core import Helpdesk
from helpdesk_email.tables import EXPIRED, WAITING

BATCH = 200


class Retention:
    """Lets mails of one site go."""

    def __init__(self, helpdesk: Helpdesk) -> None:
        self._helpdesk = helpdesk

    async def sweep(self) -> None:
        """Erase the mails whose time is over: a job, one unit a mail."""
        now = self._helpdesk.clock.now()
        rows = await self._helpdesk.database.fetch(
            "SELECT id FROM helpdesk_email_mail WHERE redacted_at IS NULL AND keep_until IS NOT NULL "
            "AND keep_until <= {} ORDER BY keep_until, id LIMIT {}",
            now,
            BATCH,
        )
        for row in rows:
            await self._erase(row["id"], now)

    async def _erase(self, mail: UUID, now: datetime) -> None:
        """Let the bytes of a mail and of its copies go, and what says who wrote it; that it came is kept."""
        database, files = self._helpdesk.database, self._helpdesk.files
        async with database.unit() as unit:
            erased = await database.fetch(
                "UPDATE helpdesk_email_mail SET redacted_at = {}, state = CASE WHEN state = {} THEN {} ELSE state END "
                "WHERE id = {} AND redacted_at IS NULL AND keep_until <= {} RETURNING raw",
                *(now, WAITING, EXPIRED, mail, now),
            )
            if not erased:
                return
            copies = await database.fetch("SELECT raw FROM helpdesk_email_arrival WHERE mail = {}", mail)
            await database.execute("UPDATE helpdesk_email_arrival SET raw = NULL WHERE mail = {}", mail)
            await database.execute(
                "UPDATE helpdesk_email_mail SET raw = NULL, subject = '', sender = NULL, evidence = {}, reason = NULL, "
                "confirm_hash = NULL WHERE id = {}",
                "{}",
                mail,
            )
            for row in (*erased, *copies):
                if row["raw"] is not None:
                    await files.release(unit, row["raw"], now)
