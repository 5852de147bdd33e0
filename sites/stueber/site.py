"""The support site of STÜBER SYSTEMS as one value."""

from helpdesk_contracts.plugin import Contracts, Product, Trial
from helpdesk_core import N_ as _  # noqa: N811 - the usual name of what marks a text for translation
from helpdesk_core import AccountField, Choice, Kind, Number, Secret, Site, Tickets, env, secret
from helpdesk_core.accounts import CUSTOMER_NUMBER, ORGANISATION, PHONE, PRODUCT
from helpdesk_desk.plugin import Desk
from helpdesk_email.plugin import Email, Imap, Mailbox, Smtp
from helpdesk_german.plugin import German
from helpdesk_web.plugin import Contact, FooterLink, Registration, Web
from stueber.sample import SAMPLE

PRODUCTS = (
    Product("schulverwaltung", "Schulverwaltung"),
    Product("stundenplan", "Stundenplan"),
    Product("zeugnisse", "Zeugnisse"),
)

site = Site(
    name="STÜBER SYSTEMS",
    url=env("HELPDESK_URL", default="http://127.0.0.1:8000"),
    language="de",
    languages=("de", "en"),
    timezone="Europe/Berlin",
    database=env("HELPDESK_DATABASE", default="sqlite:///var/stueber.db"),
    files=env("HELPDESK_FILES", default="var/files"),
    tickets=Tickets(
        kinds=(
            Kind("bug", _("Fehler"), _("Was haben Sie getan, was haben Sie erwartet, und was ist passiert?")),
            Kind("question", _("Frage"), _("Was möchten Sie wissen, und was haben Sie schon versucht?")),
            Kind("wish", _("Wunsch"), _("Was fehlt Ihnen, und wobei würde es Ihnen helfen?")),
        ),
        number=Number("{year}-{seq:06}"),
        unentitled="refuse",
    ),
    plugins=(
        Web(
            registration=Registration(
                privacy="https://www.stueber.de/datenschutz",
                salutations=(_("Frau"), _("Herr")),
                fields=(
                    AccountField(
                        key=ORGANISATION, label=_("Schule oder Firma"), required=True, autocomplete="organization"
                    ),
                    AccountField(
                        key=CUSTOMER_NUMBER,
                        label=_("Kundennummer"),
                        hint=_(
                            "Steht auf Ihrer Rechnung oben rechts. Wenn Sie noch keine haben, lassen Sie das Feld leer."
                        ),
                    ),
                    AccountField(key=PHONE, label=_("Telefon"), autocomplete="tel"),
                    AccountField(
                        key=PRODUCT,
                        label=_("Produkt"),
                        choices=tuple(Choice(product.code, product.label) for product in PRODUCTS),
                        required=True,
                    ),
                ),
            ),
            contact=Contact(email="support@stueber.de", offers="office@stueber.de"),
            logo="stueber.svg",
            footer=(
                FooterLink(_("Impressum"), "https://www.stueber.de/impressum"),
                FooterLink(_("Datenschutz"), "https://www.stueber.de/datenschutz"),
                FooterLink(_("Barrierefreiheit"), "https://www.stueber.de/barrierefreiheit"),
            ),
        ),
        Desk(),
        Email(
            mailboxes=(
                Mailbox(
                    address="support@stueber.de",
                    # Without a host nothing is fetched.
                    receive=Imap(
                        host=env("HELPDESK_IMAP_HOST", default=""),
                        port=env("HELPDESK_IMAP_PORT", default=None),
                        user=env("HELPDESK_IMAP_USER", default="support@stueber.de"),
                        password=secret("HELPDESK_IMAP_PASSWORD", default=Secret("")),
                        tls=env("HELPDESK_IMAP_TLS", default="implicit"),
                    ),
                    authserv_id=env("HELPDESK_IMAP_AUTHSERV_ID", default=None),
                ),
            ),
            send=Smtp(
                host=env("HELPDESK_SMTP_HOST", default="127.0.0.1"),
                port=env("HELPDESK_SMTP_PORT", default=None),
                user=env("HELPDESK_SMTP_USER", default=None),
                password=secret("HELPDESK_SMTP_PASSWORD", default=None),
                tls=env("HELPDESK_SMTP_TLS", default="none"),
            ),
            sender_name="STÜBER SYSTEMS Support",
            threading=("subject",),
        ),
        Contracts(offers="office@stueber.de", trial=Trial(days=30), products=PRODUCTS),
        German(),
    ),
    sample=SAMPLE,
)
