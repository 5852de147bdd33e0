"""Sample forms, empty and sent back with errors."""

from typing import Any

from markupsafe import Markup

from helpdesk_web import views as web


def email(**more: Any) -> web.FieldView:
    return web.FieldView(
        name="email",
        label="Benutzername (E-Mail-Adresse)",
        type="email",
        required=True,
        autocomplete="username",
        **more,
    )


def password(**more: Any) -> web.FieldView:
    return web.FieldView(
        **{"name": "password", "label": "Kennwort", "autocomplete": "current-password", **more},
        type="password",
        required=True,
    )


def files(*kept: web.FileView, error: str = "") -> web.FieldView:
    return web.FieldView(name="files", label="Dateien", type="files", kept=kept, error=error)


LOGIN = web.FormView(name="login", action="/login", fields=(email(), password()))
LOGIN_FAILED = web.FormView(
    name="login",
    action="/login",
    fields=(email(value="k.krueger@schule.de"), password()),
    error="Diese E-Mail-Adresse und dieses Kennwort passen nicht zusammen.",
)


def register(*, wrong: bool) -> web.FormView:
    return web.FormView(
        name="register",
        action="/register",
        draft=True,
        fields=(
            web.FieldView(
                name="email",
                label="E-Mail-Adresse",
                type="email",
                required=True,
                autocomplete="email",
                value="k.krueger@schule" if wrong else "",
                hint="Sie ist Ihr Benutzername; wir verwenden sie auch künftig für die Kommunikation.",
                error="Bitte geben Sie eine vollständige E-Mail-Adresse ein, zum Beispiel name@schule.de."
                if wrong
                else "",
            ),
            password(
                autocomplete="new-password",
                hint="Mindestens 12 Zeichen. Am besten mehrere Wörter.",
                error="Bitte wählen Sie ein Kennwort mit mindestens 12 Zeichen." if wrong else "",
            ),
            web.FieldView(name="first_name", label="Vorname", required=True, half=True, autocomplete="given-name"),
            web.FieldView(name="last_name", label="Nachname", required=True, half=True, autocomplete="family-name"),
            web.FieldView(name="organisation", label="Schule", required=True, autocomplete="organization"),
            web.FieldView(
                name="customer_number", label="Kundennummer", half=True, hint="Steht auf Ihrer Rechnung oben rechts."
            ),
            web.FieldView(
                name="phone", label="Telefon", type="tel", half=True, hint="Für Rückfragen.", autocomplete="tel"
            ),
            web.FieldView(
                name="product",
                label="Produkt",
                type="select",
                required=True,
                choices=(
                    web.ChoiceView(value="", label="Bitte wählen"),
                    web.ChoiceView(value="a", label="DaVinci"),
                    web.ChoiceView(value="b", label="Magellan"),
                ),
            ),
            web.FieldView(
                name="privacy",
                label=Markup('Ich habe die <a href="/privacy">Hinweise zum Datenschutz</a> gelesen.'),
                type="checkbox",
                required=True,
            ),
        ),
    )


KINDS = (
    web.ChoiceView(value="bug", label="Fehler", hint="Etwas geht nicht, wie es soll.", icon="bug"),
    web.ChoiceView(value="question", label="Frage", hint="Sie möchten etwas wissen.", icon="help"),
    web.ChoiceView(value="wish", label="Wunsch", hint="Ihnen fehlt etwas.", icon="idea"),
)
PICTURE = web.FileView(name="bildschirm-druckvorschau.png", size=240_318, href="/files/1", key="a1")
PROTOCOL = web.FileView(name="Fehlerprotokoll vom 23. November.txt", size=8_204, href="/files/2", key="a2")


def ticket_form(*, wrong: bool) -> web.FormView:
    return web.FormView(
        name="ticket",
        action="/tickets/new",
        draft=True,
        fields=(
            web.FieldView(
                name="kind",
                label="Worum geht es?",
                type="radio",
                required=True,
                choices=KINDS,
                value="" if not wrong else "bug",
            ),
            web.FieldView(
                name="subject",
                label="Betreff",
                required=True,
                max_length=200,
                hint="In wenigen Worten, zum Beispiel: Druckvorlage lässt sich nicht öffnen",
                error="Bitte geben Sie einen Betreff ein." if wrong else "",
            ),
            web.FieldView(
                name="text",
                label="Beschreibung",
                type="textarea",
                rows=8,
                required=True,
                value="Seit heute Morgen lässt sich die Druckvorlage nicht mehr öffnen." if wrong else "",
                hint="Was haben Sie getan, was haben Sie erwartet, was ist passiert?",
            ),
            web.FieldView(name="product", label="Produkt", type="select", half=True, choices=KINDS[:1]),
            web.FieldView(name="version", label="Version", half=True),
            files(PICTURE, error="„film.mp4“ hat 310 MB. Höchstens 25 MB sind möglich.") if wrong else files(),
        ),
    )


def answer(name: str = "answer", label: str = "Ihre Antwort") -> web.FormView:
    return web.FormView(
        name=name,
        action="/tickets/2026-000123",
        draft=True,
        fields=(web.FieldView(name="text", label=label, type="textarea", rows=5), files()),
    )


DATA = web.FormView(name="data", action="/account", fields=register(wrong=False).fields[2:7])
LANGUAGE = web.FormView(
    name="language",
    action="/account/language",
    fields=(
        web.FieldView(
            name="language",
            label="Sprache",
            type="select",
            value="de",
            choices=(web.ChoiceView(value="de", label="Deutsch"), web.ChoiceView(value="en", label="English")),
        ),
    ),
)
CHANGE = web.FormView(
    name="password",
    action="/account/password",
    fields=(
        password(label="Jetziges Kennwort"),
        password(
            name="new_password", label="Neues Kennwort", autocomplete="new-password", hint="Mindestens 12 Zeichen."
        ),
    ),
)
CONFIRM = web.FormView(name="confirm", action="/confirm/abc", fields=(password(),))
EMAIL_ONLY = web.FormView(name="forgot", action="/forgot", fields=(email(),))
HIDDEN = web.FormView(
    name="resend",
    action="/register/resend",
    fields=(web.FieldView(name="token", label="", type="hidden", value="abc"),),
)
