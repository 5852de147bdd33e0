"""Samples of the desk: its frame, the list, a ticket as agents see it."""

from typing import Any

from markupsafe import Markup

from helpdesk_desk import views as desk
from helpdesk_web import views as web
from tests.plugins.helpdesk_web.samples.forms import PICTURE, PROTOCOL, answer
from tests.plugins.helpdesk_web.samples.frames import before
from tests.plugins.helpdesk_web.samples.tickets import QUESTION, QUOTED, REPLY, message


def agent(code: str) -> web.StateView:
    words = {"New": "Neu", "Open": "Offen", "Waiting": "Wartet", "Solved": "Gelöst", "Closed": "Geschlossen"}
    return desk.agent_state(code, str, lambda _context, word: words[word])


FRAME = desk.DeskFrame(
    views=(
        desk.ViewLink(label="Mir zugewiesen", href="/desk?view=mine", icon="user", count=7, current=True),
        desk.ViewLink(label="Nicht zugewiesen", href="/desk?view=new", icon="inbox", count=3),
        desk.ViewLink(label="Wartet, fällig", href="/desk?view=due", icon="clock", count=2, urgent=True),
        desk.ViewLink(label="Alle offenen", href="/desk?view=open", icon="list", count=41),
        desk.ViewLink(label="Gelöst", href="/desk?view=solved", icon="check"),
    ),
    places=(
        desk.ViewLink(label="Nicht zugeordnete E-Mails", href="/desk/held", icon="mail", count=3),
        desk.ViewLink(label="Postausgang", href="/desk/outbox", icon="send", count=1, urgent=True),
    ),
)
MEYER = web.AuthorView(name="Anna Meyer", side="own")
CUSTOMER = web.AuthorView(name="Karin Krüger", side="other")
SUBJECTS = (
    ("Karin Krüger", "Goethe-Gymnasium", "Druckvorlage lässt sich nicht öffnen", "new"),
    ("Cem Öztürk", "Berufskolleg Süd", "Stundenplan: Räume doppelt belegt", "open"),
    ("Hannelore von Müller-Lüdenscheidt", "Grundschule am Weißensee", "Wie übernehme ich die Zeugnisse?", "waiting"),
    ("Jan Weiß", "Realschule Nord", "Anmeldung am neuen Server schlägt nach dem Umzug fehl", "open"),
    ("Petra Groß", "Goethe-Gymnasium", "Wunsch: Zeugnisse auf A3", "solved"),
    ("Ute Jäger", "Gesamtschule West", "Lizenz läuft ab", "closed"),
)


def rows(current: str = "") -> tuple[desk.DeskRow, ...]:
    made = []
    for index, (customer, school, subject, code) in enumerate(SUBJECTS):
        number = f"2026-{123 - index:06}"
        made.append(
            desk.DeskRow(
                number=number,
                subject=subject,
                href=f"/desk/tickets/{number}",
                customer=customer,
                organisation=school,
                snippet="Guten Tag, seit heute Morgen lässt sich die Druckvorlage „Zeugnis“ nicht mehr öffnen.",
                state=agent(code),
                at=before(hours=2 + 9 * index),
                channel="per E-Mail" if index % 2 else "",
                channel_icon="mail" if index % 2 else "",
                due=(
                    desk.DueView(text="fällig in 40 Min.", kind="warn"),
                    desk.DueView(text="überfällig", kind="danger"),
                    None,
                )[min(index, 2)],
                tags=("druck",) if index == 0 else (),
                assignee=MEYER if index % 2 == 0 else None,
                viewers=("Jörg Baum",) if index == 1 else (),
                unread=index < 2,
                current=number == current,
            )
        )
    return tuple(made)


def queue(current: str = "") -> desk.QueueView:
    return desk.QueueView(
        title="Mir zugewiesen",
        href="/desk?view=mine",
        rows=rows(current),
        pages=web.PagesView(first=1, last=6, total=41, next="/desk?page=2"),
        fresh=3,
    )


BULK = web.FormView(
    name="bulk",
    action="/desk/bulk",
    fields=(
        web.FieldView(
            name="state", label="Status", type="select", choices=(web.ChoiceView(value="", label="unverändert"),)
        ),
        web.FieldView(
            name="assignee", label="Zuständig", type="select", choices=(web.ChoiceView(value="", label="unverändert"),)
        ),
    ),
)
PROPERTIES = web.FormView(
    name="properties",
    action="/desk/tickets/2026-000123/properties",
    fields=(
        web.FieldView(
            name="state", label="Status", type="select", choices=(web.ChoiceView(value="open", label="Offen"),)
        ),
        web.FieldView(
            name="assignee", label="Zuständig", type="select", choices=(web.ChoiceView(value="a", label="Anna Meyer"),)
        ),
        web.FieldView(name="wake_at", label="Wiedervorlage", type="datetime-local"),
    ),
)
RENAME = web.FormView(
    name="rename",
    action="/desk/tickets/2026-000123/subject",
    fields=(web.FieldView(name="subject", label="Betreff", value="Druckvorlage lässt sich nicht öffnen"),),
)
DESK_ENTRIES = (
    desk.DeskMessageView(
        message=message(
            1, CUSTOMER, before(days=1, hours=3), QUESTION, files=(PICTURE, PROTOCOL), channel="per E-Mail"
        ),
        warning="Absender nicht geprüft",
        original="/desk/mails/1",
    ),
    web.EventView(text="Anna Meyer hat übernommen", at=before(days=1, hours=1), icon="user"),
    desk.NoteView(
        id="note-1",
        author=web.AuthorView(name="Jörg Baum", side="team"),
        at=before(days=1),
        parts=(web.TextPart(text="Das ist der bekannte Fehler aus 6.20.4. Update liegt bereit."),),
    ),
    desk.DeskMessageView(
        message=message(2, MEYER, before(hours=5), REPLY),
        to="Karin Krüger",
        deliveries=(
            desk.DeliveryView(text="gesendet 06:05 · angenommen von mx.schule.de", kind="ok"),
            desk.DeliveryView(text="unzustellbar: Postfach voll", kind="danger", action="/desk/outbox/1"),
        ),
    ),
    web.EventView(text="Status geändert: Wartet", at=before(hours=5), icon="clock"),
    desk.DeskMessageView(message=message(3, CUSTOMER, before(hours=2), "Version 6.20.4.", QUOTED)),
)


def composer(**changes: Any) -> desk.ComposerView:
    return desk.ComposerView(
        **{
            "reply": answer("reply", "Antwort"),
            "note": answer("note", "Interne Notiz"),
            "to": ("Karin Krüger",),
            "then": (
                web.ChoiceView(value="waiting", label="… und auf Kunde warten", icon="clock"),
                web.ChoiceView(value="solved", label="… und als gelöst markieren", icon="check"),
            ),
            **changes,
        }
    )


def desk_ticket(**changes: Any) -> desk.TicketPage:
    return desk.TicketPage(
        **{
            "desk": FRAME,
            "queue": queue("2026-000123"),
            "number": "2026-000123",
            "subject": "Druckvorlage lässt sich nicht öffnen",
            "state": agent("open"),
            "opened_at": before(days=1, hours=3),
            "entries": DESK_ENTRIES,
            "assignee": MEYER,
            "due": desk.DueView(text="fällig in 40 Min.", kind="warn"),
            "composer": composer(),
            "rename": RENAME,
            "properties": PROPERTIES,
            "customer": desk.CustomerView(
                author=CUSTOMER,
                href="/desk/people/1",
                organisation="Goethe-Gymnasium",
                email="k.krueger@schule.de",
                facts=(
                    web.FactView(label="Sprache", value="Deutsch"),
                    web.FactView(label="Tickets", value="2 offen von 14"),
                ),
                tickets=(web.LinkView(label="#2026-000119 Stundenpläne", href="/desk/tickets/2026-000119"),),
            ),
            "entitlement": desk.EntitlementView(
                kind="ok",
                text="Supportvertrag bis 31.12.2027",
                reason="Kundennummer 4711",
                allow=web.FormView(
                    name="allow",
                    action="/desk/allow",
                    fields=(web.FieldView(name="note", label="Begründung", type="textarea"),),
                ),
            ),
            "facts": (web.FactView(label="Art", value="Fehler"), web.FactView(label="Produkt", value="DaVinci 6")),
            "tags": ("druck",),
            "related": (web.LinkView(label="#2026-000098 Vorlagen", href="/desk/tickets/2026-000098"),),
            "history": (web.EventView(text="Ticket erstellt", at=before(days=1, hours=3), icon="ticket"),),
            "panels": (
                desk.PanelView(name="contracts", label="Verträge", body=Markup("<p>Magellan, bis 31.12.2027</p>")),
            ),
            "previous": "/desk/tickets/2026-000124",
            "next": "/desk/tickets/2026-000122",
            **changes,
        }
    )
