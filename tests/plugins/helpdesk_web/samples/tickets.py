"""Sample tickets as their customer sees them."""

from datetime import datetime
from typing import Any

from markupsafe import Markup

from helpdesk_web import views as web
from tests.plugins.helpdesk_web.samples.forms import PICTURE, PROTOCOL, answer
from tests.plugins.helpdesk_web.samples.frames import before


def state(code: str) -> web.StateView:
    words = {
        "Received": "Eingegangen",
        "In progress": "In Bearbeitung",
        "Waiting for your answer": "Wartet auf Ihre Antwort",
        "Solved": "Gelöst",
        "Closed": "Abgeschlossen",
    }
    return web.customer_state(code, words.__getitem__)


ROWS = (
    web.TicketRow(
        number="2026-000123",
        subject="Druckvorlage lässt sich nicht öffnen",
        href="/tickets/2026-000123",
        state=state("waiting"),
        at=before(hours=2),
        last="Anna Meyer",
        unread=True,
    ),
    web.TicketRow(
        number="2026-000119",
        subject="Wie übernehme ich die Stundenpläne des letzten Schuljahres in die neue Version?",
        href="/tickets/2026-000119",
        state=state("open"),
        at=before(days=1),
        last="Ihnen",
    ),
    web.TicketRow(
        number="2026-000087",
        subject="Wunsch: Zeugnisse auf A3",
        href="/tickets/2026-000087",
        state=state("new"),
        at=before(days=3),
    ),
    web.TicketRow(
        number="2025-004711",
        subject="Anmeldung nach Umzug auf neuen Server",
        href="/tickets/2025-004711",
        state=state("solved"),
        at=before(days=40),
        last="Jörg Öztürk-Baumgärtner",
    ),
    web.TicketRow(
        number="2025-003310",
        subject="Lizenz verlängern",
        href="/tickets/2025-003310",
        state=state("closed"),
        at=before(days=300),
    ),
)
KARIN = web.AuthorView(name="Karin Krüger", side="own")
ANNA = web.AuthorView(name="Anna Meyer", side="team")
QUESTION = """Guten Tag,

seit heute Morgen lässt sich die Druckvorlage „Zeugnis Klasse 5“ nicht mehr öffnen. Es erscheint nur die Meldung
„Vorlage beschädigt (Fehler 0x80070570)“.

Viele Grüße
Karin Krüger"""
REPLY = Markup(
    "<p>Guten Tag Frau Krüger,</p><p>vielen Dank für die Bildschirmabbildung. Bitte prüfen Sie zwei Dinge:</p>"
    "<ol><li>Liegt die Vorlage im Ordner <code>Vorlagen\\Zeugnisse</code>?</li>"
    "<li>Welche Version steht unter <strong>Hilfe → Info</strong>?</li></ol><p>Freundliche Grüße<br>Anna Meyer</p>"
)
QUOTED = "Am 23.11.2026 um 09:12 schrieb Anna Meyer:\n> Welche Version steht unter Hilfe → Info?"


def message(number: int, author: web.AuthorView, at: datetime, *texts: str, **more: Any) -> web.MessageView:
    parts = tuple(web.TextPart(text=text, folded=text is QUOTED) for text in texts)
    return web.MessageView(id=f"message-{number}", author=author, at=at, parts=parts, **more)


ENTRIES = (
    message(1, KARIN, before(days=1, hours=3), QUESTION, files=(PICTURE, PROTOCOL)),
    web.EventView(text="Ticket erstellt", at=before(days=1, hours=3), icon="ticket"),
    web.EventView(text="Anna Meyer kümmert sich darum", at=before(days=1, hours=1), icon="user"),
    message(2, ANNA, before(hours=5), REPLY),
    web.EventView(text="Status geändert: Wartet auf Ihre Antwort", at=before(hours=5), icon="reply"),
    message(3, KARIN, before(hours=2), "Version 6.20.4, und ja, die Vorlage liegt dort.", QUOTED, channel="per E-Mail"),
)
GRANTED = web.NoticeView(kind="ok", text="Ihr Supportvertrag gilt bis 31.12.2027.")


def ticket(**changes: Any) -> web.TicketPage:
    return web.TicketPage(
        **{
            "number": "2026-000123",
            "subject": "Druckvorlage lässt sich nicht öffnen",
            "state": state("waiting"),
            "state_sentence": "Wir warten auf Ihre Antwort.",
            "opened_at": before(days=1, hours=3),
            "entries": ENTRIES,
            "answer": answer(),
            "may_solve": True,
            "facts": (web.FactView(label="Art", value="Fehler"), web.FactView(label="Produkt", value="DaVinci 6")),
            "participants": ("Karin Krüger (Sie)", "Anna Meyer"),
            **changes,
        }
    )
