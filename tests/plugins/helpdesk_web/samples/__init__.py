"""One sample view for each page template, German, as its handler would build it: every optional part is filled once."""

from datetime import timedelta

from markupsafe import Markup

from helpdesk_desk import views as desk
from helpdesk_web import views as web
from helpdesk_web.views.dev_mail import DevMailPage, DevMailsPage, SentMail
from tests.plugins.helpdesk_web.samples.forms import (
    CHANGE,
    CONFIRM,
    DATA,
    EMAIL_ONLY,
    HIDDEN,
    LANGUAGE,
    LOGIN,
    LOGIN_FAILED,
    PICTURE,
    answer,
    register,
    ticket_form,
)
from tests.plugins.helpdesk_web.samples.frames import DESK_PAGE, NOW, before, page
from tests.plugins.helpdesk_web.samples.tickets import GRANTED, QUESTION, ROWS, state, ticket
from tests.plugins.helpdesk_web.samples.workspace import BULK, FRAME, composer, desk_ticket, queue

CREATED = web.NoticeView(
    kind="ok", text="Ihr Ticket #2026-000123 wurde erstellt. Eine Bestätigung geht an k.krueger@schule.de."
)
PANEL = web.PanelView(name="contracts", label="Verträge", body=Markup("<p>Magellan, bis 31.12.2027</p>"))
TABS = (
    web.TabView(label="Wartet auf Sie", href="/tickets?tab=waiting", count=1),
    web.TabView(label="Offen", href="/tickets?tab=open", count=3),
    web.TabView(label="Gelöst", href="/tickets?tab=solved", count=12),
    web.TabView(label="Alle", href="/tickets?tab=all", current=True),
)
SESSIONS = (
    web.SessionView(key="1", device="Firefox unter Windows", last_seen=before(minutes=1), current=True),
    web.SessionView(key="2", device="Safari auf dem iPhone", last_seen=before(days=2)),
)
WEB, DESK = "helpdesk_web/", "helpdesk_desk/"
UNCONFIRMED = web.PersonView(name="Karin Krüger", email="k.krueger@schule.de", confirmed=False)
PROBLEM = web.NoticeView(kind="warn", text="Der Lizenzserver antwortet zurzeit langsam. Wir arbeiten daran.")

PAGES: dict[str, tuple[str, web.PageView, object]] = {
    "start": (WEB + "start.html", page("/", person=None), web.StartPage()),
    "start-signed-in": (WEB + "start.html", page("/"), web.StartPage(recent=ROWS[:3], known_problem=PROBLEM)),
    "register": (
        WEB + "register.html",
        page("/register", person=None),
        web.RegisterPage(form=register(wrong=False), waiting=True, privacy="/privacy"),
    ),
    "register-errors": (
        WEB + "register.html",
        page("/register", person=None),
        web.RegisterPage(form=register(wrong=True)),
    ),
    "registered": (
        WEB + "registered.html",
        page("/register", person=None),
        web.RegisteredPage(email="k…@schule.de", resend=HIDDEN),
    ),
    "confirm": (
        WEB + "confirm.html",
        page("/confirm/abc", person=None),
        web.ConfirmPage(email="k.krueger@schule.de", form=CONFIRM, not_me="/confirm/abc/not-me"),
    ),
    "confirm-removing": (
        WEB + "confirm.html",
        page("/confirm/abc/not-me", person=None),
        web.ConfirmPage(email="k.krueger@schule.de", not_me="/confirm/abc/not-me", removing=True),
    ),
    "confirm-expired": (WEB + "confirm.html", page("/confirm/abc", person=None), web.ConfirmPage()),
    "confirmed": (WEB + "confirm_done.html", page("/confirm/abc"), web.ConfirmDonePage(tickets=2)),
    "removed": (WEB + "confirm_done.html", page("/confirm/abc", person=None), web.ConfirmDonePage(removed=True)),
    "login": (WEB + "login.html", page("/login", person=None), web.LoginPage(form=LOGIN, again=True)),
    "login-failed": (
        WEB + "login.html",
        page("/login", person=None),
        web.LoginPage(
            form=LOGIN_FAILED, others=(web.LinkView(label="Anmeldelink per E-Mail senden", href="/login/link"),)
        ),
    ),
    "forgot": (WEB + "forgot.html", page("/forgot", person=None), web.ForgotPage(form=EMAIL_ONLY)),
    "forgot-sent": (WEB + "forgot.html", page("/forgot", person=None), web.ForgotPage(form=EMAIL_ONLY, sent=True)),
    "reset": (
        WEB + "reset.html",
        page("/reset/abc", person=None),
        web.ResetPage(form=CONFIRM, email="k.krueger@schule.de"),
    ),
    "reset-expired": (WEB + "reset.html", page("/reset/abc", person=None), web.ResetPage()),
    "tickets": (
        WEB + "tickets.html",
        page("/tickets"),
        web.TicketsPage(
            tabs=TABS,
            rows=ROWS,
            pages=web.PagesView(first=26, last=50, total=61, previous="/tickets", next="/tickets?page=3"),
        ),
    ),
    "tickets-search": (
        WEB + "tickets.html",
        page("/tickets"),
        web.TicketsPage(tabs=TABS, rows=(), query="drukcer <b>"),
    ),
    "tickets-tab-empty": (WEB + "tickets.html", page("/tickets"), web.TicketsPage(tabs=TABS, rows=())),
    "tickets-none": (WEB + "tickets.html", page("/tickets"), web.TicketsPage(tabs=TABS, rows=(), none_at_all=True)),
    "ticket-new": (
        WEB + "ticket_new.html",
        page("/tickets/new", person=UNCONFIRMED),
        web.TicketNewPage(form=ticket_form(wrong=False), entitlement=GRANTED),
    ),
    "ticket-new-errors": (
        WEB + "ticket_new.html",
        page("/tickets/new"),
        web.TicketNewPage(form=ticket_form(wrong=True)),
    ),
    "ticket": (WEB + "ticket.html", page("/tickets/2026-000123", notices=(CREATED,)), ticket()),
    "ticket-solved": (
        WEB + "ticket.html",
        page("/t/abc", person=None),
        ticket(state=state("solved"), state_sentence="", by_link=True, feedback="/t/abc/feedback", may_solve=False),
    ),
    "ticket-merged": (
        WEB + "ticket.html",
        page("/tickets/2026-000123"),
        ticket(
            panels=(PANEL,), answer=None, merged_into=web.LinkView(label="#2026-000098", href="/tickets/2026-000098")
        ),
    ),
    "account": (
        WEB + "account.html",
        page("/account"),
        web.AccountPage(
            email="k.krueger@schule.de",
            data=DATA,
            password=CHANGE,
            language=LANGUAGE,
            sessions=SESSIONS,
            entitlement=GRANTED,
            facts=(
                web.FactView(label="Registriert", at=before(days=400)),
                web.FactView(label="Website", value="schule.de", href="/"),
            ),
            panels=(PANEL,),
            export="/account/export",
            remove="/account/remove",
        ),
    ),
    "help": (WEB + "help.html", page("/help", person=None), web.HelpPage()),
    "help-own": (
        WEB + "help.html",
        page("/help", person=None),
        web.HelpPage(body=Markup("<h1>Hilfe</h1><p>Eigener Text der Website.</p>")),
    ),
    **{
        f"error-{status}": (WEB + "error.html", page("/nowhere", person=None), web.ErrorPage(status=status))
        for status in (403, 404, 413, 429)
    },
    "error-429-minutes": (WEB + "error.html", page("/login"), web.ErrorPage(status=429, minutes=5)),
    "error-500": (
        WEB + "error.html",
        web.PageView(path="/", language="de"),
        web.ErrorPage(status=500, reference="AB12-CD34"),
    ),
    "error-reason": (
        WEB + "error.html",
        page("/nowhere"),
        web.ErrorPage(status=409, reason="Das Ticket wurde gelöscht."),
    ),
    "maintenance": (
        WEB + "maintenance.html",
        web.PageView(path="/", language="de"),
        web.MaintenancePage(until=NOW + timedelta(minutes=20)),
    ),
    "dev-mails": (
        WEB + "dev_mails.html",
        page("/_dev/mail"),
        DevMailsPage(
            mails=(
                SentMail(
                    href="/_dev/mail/1",
                    to="k.krueger@schule.de",
                    subject="Ihr Konto wurde erstellt",
                    at=before(minutes=3),
                    state="gesendet",
                ),
            ),
            write=answer("write", "Nachricht"),
        ),
    ),
    "dev-mails-none": (WEB + "dev_mails.html", page("/_dev/mail"), DevMailsPage(mails=())),
    "dev-mail": (
        WEB + "dev_mail.html",
        page("/_dev/mail/1"),
        DevMailPage(
            sender="support@stueber.de",
            to="k.krueger@schule.de",
            subject="Druckvorlage lässt sich nicht öffnen [#2026-000123]",
            at=before(minutes=3),
            text=QUESTION,
            source="/_dev/mail/1/source",
            html="/_dev/mail/1/html",
            files=(PICTURE,),
            answer=answer("answer-mail", "Ihre Antwort"),
        ),
    ),
    "desk": (DESK + "list.html", DESK_PAGE, desk.ListPage(desk=FRAME, queue=queue(), bulk=BULK)),
    "desk-empty": (
        DESK + "list.html",
        DESK_PAGE,
        desk.ListPage(
            desk=FRAME,
            queue=desk.QueueView(
                title="Mir zugewiesen", href="/desk", rows=(), empty="Nächste fällige Aufgabe: heute, 15:30."
            ),
        ),
    ),
    "desk-ticket": (DESK + "ticket.html", DESK_PAGE, desk_ticket()),
    "desk-ticket-note": (
        DESK + "ticket.html",
        DESK_PAGE,
        desk_ticket(
            assignee=None,
            composer=composer(start="note", presence="Jörg Baum schreibt gerade eine Antwort"),
            queue=None,
        ),
    ),
    "desk-ticket-conflict": (
        DESK + "ticket.html",
        DESK_PAGE,
        desk_ticket(composer=composer(conflict="Seit Sie geöffnet haben: neue Nachricht von Frau Krüger.")),
    ),
    "desk-ticket-read-only": (
        DESK + "ticket.html",
        DESK_PAGE,
        desk_ticket(composer=None, read_only="Dieses Ticket wurde mit #2026-000098 zusammengeführt."),
    ),
}
