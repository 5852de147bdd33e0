"""Machines are known as machines, and no person is taken for one."""

# ruff: noqa: E501 - the prose of servers is long

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_email.inbound.parse import parse
from helpdesk_email.inbound.parsed import Automatic
from tests.plugins.helpdesk_email.sample_mails import raw, sample, with_fields

FROM = b"From: Eva <eva@schule.example>"


@pytest.mark.parametrize(
    ("name", "recipient", "status", "permanent", "original"),
    [
        ("bounce_postfix", "gone@schule.example", "5.1.1", True, "<out.77@firma.example>"),
        ("bounce_delayed", "gone@schule.example", "4.4.1", False, "<out.77@firma.example>"),
        ("bounce_exim_prose", "weg@schule.example", "5.7.1", True, "<out.78@firma.example>"),
        ("bounce_qmail", "niemand@alt.example", "5.1.1", True, "<out.79@firma.example>"),
    ],
)
def test_a_report_names_recipient_status_and_the_mail_it_is_about(name, recipient, status, permanent, original):
    mail = sample(name)
    assert mail.bounce is not None
    assert (mail.bounce.recipient, mail.bounce.status) == (recipient, status)
    assert (mail.bounce.permanent, mail.bounce.original_message_id) == (permanent, original)
    assert mail.automatic is Automatic.BOUNCE


def test_a_report_of_success_is_no_bounce():
    mail = sample("bounce_delivered")
    assert mail.bounce is None
    assert mail.automatic is Automatic.DELIVERY_RECEIPT


DAEMON = (b"From: Mail Delivery System <MAILER-DAEMON@mx.example>", b"To: support@firma.example")

PROSE = [
    (b"Undeliverable: Ticket", "Delivery has failed to these recipients or groups:\n\nweg@schule.example\nThe email address wasn't found."),
    (b"failure notice", "Sorry, we were unable to deliver your message to the following address.\n\n<weg@schule.example>:\n550: 5.1.1 User unknown"),
    (b"Returned mail: User unknown", "   ----- The following addresses had permanent fatal errors -----\n<weg@schule.example>\n\n   ----- Transcript of session follows -----\n550 5.1.1 <weg@schule.example>... User unknown"),
    (b"Unzustellbar: Ticket", "Ihre Nachricht konnte nicht an folgende Adresse zugestellt werden:\n\nweg@schule.example\n\n#550 5.1.1 RESOLVER.ADR.RecipNotFound"),
    (b"Mail System Error - Returned Mail", "This Message was undeliverable due to the following reason:\n\nUser unknown: <weg@schule.example>"),
    (b"Delivery Status Notification (Failure)", "Your message wasn't delivered to weg@schule.example because the address couldn't be found."),
    (b"Warning: message 1abc delayed 24 hours", "A message that you sent has not yet been delivered to one or more of its recipients after more than 24 hours.\n\nThe following address(es) have not yet been delivered:\n\n  weg@schule.example\n\nNo action is required on your part."),
    (b"Undelivered Mail", "Die Nachricht an weg@schule.example konnte nicht zugestellt werden: Postfach ist voll"),
    (b"Message non remis", "Votre message n'a pas pu \xeatre remis au destinataire weg@schule.example"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "text"), PROSE)
def test_the_prose_of_servers_is_read(subject, text):
    mail = with_fields(*DAEMON, b"Subject: " + subject, body=text.encode())
    assert mail.bounce is not None
    assert mail.bounce.recipient == "weg@schule.example"
    assert mail.bounce.permanent is (b"delayed" not in subject)


def test_amazons_notice_in_json_is_read():
    notice = (
        b'{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":'
        b'[{"emailAddress":"weg@schule.example","status":"5.1.1"}]},"mail":{"messageId":"<out.1@firma.example>"}}'
    )
    mail = with_fields(b"From: no-reply@sns.example", b"Subject: AWS Notification Message", body=notice)
    assert mail.bounce is not None
    assert (mail.bounce.recipient, mail.bounce.status, mail.bounce.permanent) == ("weg@schule.example", "5.1.1", True)


def test_a_report_wrapped_into_a_mail_of_the_daemon_is_read():
    mail = with_fields(
        *DAEMON,
        b"Subject: Delivery Status Notification (Failure)",
        b"Content-Type: multipart/mixed; boundary=OUTER",
        body=b"--OUTER\nContent-Type: message/rfc822\n\n" + raw("bounce_postfix") + b"\n--OUTER--\n",
    )
    assert mail.bounce is not None
    assert mail.bounce.recipient == "gone@schule.example"


@pytest.mark.parametrize(("subject", "text"), PROSE)
def test_a_person_who_forwards_or_quotes_a_report_is_no_server(subject, text):
    for prefix in (b"WG: ", b"AW: ", b"Fwd: ", b"Re: ", b"Frage zu: ", b""):
        mail = with_fields(
            FROM,
            b"To: support@firma.example",
            b"Subject: " + prefix + subject,
            body=b"Was bedeutet das?\n\n" + text.encode(),
        )
        assert mail.bounce is None
        assert mail.automatic is None


def test_a_person_who_attaches_a_report_is_no_server():
    mail = with_fields(
        FROM,
        b"Subject: Unzustellbar",
        b"Content-Type: multipart/mixed; boundary=OUTER",
        body=b"--OUTER\n\nWas ist das?\n--OUTER\nContent-Type: message/rfc822\n\n"
        + raw("bounce_postfix")
        + b"\n--OUTER--\n",
    )
    assert mail.bounce is None
    assert mail.automatic is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ([b"Auto-Submitted: auto-replied"], Automatic.AUTO_REPLY),
        ([b"Auto-Submitted: auto-replied (vacation)"], Automatic.AUTO_REPLY),
        ([b"Auto-Submitted: auto-replied; owner-email=a@b.de"], Automatic.AUTO_REPLY),
        ([b"AUTO-SUBMITTED: Auto-Generated"], Automatic.AUTO_GENERATED),
        ([b"Auto-Submitted: auto-notified"], Automatic.AUTO_GENERATED),
        ([b"X-Autoreply: yes"], Automatic.AUTO_REPLY),
        ([b"X-Autorespond: away"], Automatic.AUTO_REPLY),
        ([b"Precedence: auto_reply"], Automatic.AUTO_REPLY),
        ([b"X-POST-MessageClass: 9; Autoresponder"], Automatic.AUTO_REPLY),
        ([b"Return-Path: <>"], Automatic.AUTO_GENERATED),
        ([b"List-Id: <x.listen.example>"], Automatic.LIST),
        ([b"Precedence: list"], Automatic.LIST),
        ([b"Sender: owner-liste@listen.example"], Automatic.LIST),
        ([b"Precedence: bulk"], Automatic.BULK),
        ([b"X-ServiceNow-Generated: true", b"Auto-Submitted: auto-generated"], Automatic.TICKET_SYSTEM),
    ],
)
def test_headers_tell_why_a_mail_is_automatic(fields, reason):
    for order in itertools.permutations([FROM, b"Subject: x", *fields]):
        assert with_fields(*order).automatic is reason


@pytest.mark.parametrize(
    "fields",
    [
        [b"Auto-Submitted: no"],
        [b"X-Auto-Response-Suppress: All"],
        [b"X-Autoreply: no"],
        [b"X-Loop: eva@schule.example"],
        [b"X-Helpdesk-Loop: of-somebody-elses-helpdesk"],
        [b"Precedence: normal"],
        [b"Return-Path: <eva@schule.example>"],
        [b"Disposition-Notification-To: eva@schule.example"],
        [b"X-Priority: 1"],
        [b"List-Help: <mailto:x@y.example>"],
    ],
)
def test_headers_that_people_send_too_prove_nothing(fields):
    assert with_fields(FROM, b"Subject: Frage", *fields, body=b"Wie geht das?").automatic is None


ABSENCES = [
    ("Automatische Antwort: Ticket 5", "Ich bin bis zum 30.11. nicht im Büro."),
    ("Abwesenheitsnotiz: Ihre Anfrage", "Ich bin derzeit im Urlaub und ab 1.12. wieder erreichbar."),
    ("Automatic reply: Ticket 5", "I am out of the office until Monday."),
    ("Out of Office AutoReply: Ticket 5", "I will be back on Monday."),
    ("Out of office", "I am away from my desk."),
    ("Réponse automatique : Ticket", "Je suis en congés, de retour le 1er."),
    ("Respuesta automática: Ticket", "Estoy fuera de la oficina."),
    ("Risposta automatica: Ticket", "Sono fuori ufficio."),
    ("Automatisch antwoord: Ticket", "Ik ben afwezig."),
    ("Urlaub", "Ich bin vom 1. bis 5. im Urlaub."),
]


@pytest.mark.parametrize(("subject", "text"), ABSENCES)
def test_notices_of_absence_are_known_without_a_telling_header(subject, text):
    mail = with_fields(FROM, b"Subject: " + subject.encode(), b"In-Reply-To: <a@b>", body=text.encode())
    assert mail.automatic is Automatic.AUTO_REPLY


@pytest.mark.parametrize(("subject", "text"), ABSENCES)
def test_people_who_speak_of_absence_stay_people(subject, text):
    assert (
        with_fields(FROM, b"Subject: Re: " + subject.encode(), b"In-Reply-To: <a@b>", body=text.encode()).automatic
        is None
    )
    assert with_fields(FROM, b"Subject: Frage", b"In-Reply-To: <a@b>", body=text.encode()).automatic is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Abwesenheitsnotiz einrichten", "Wie stelle ich eine Abwesenheitsnotiz ein?"),
        ("Urlaub: Vertretung eintragen", "Ich bin ab Montag im Urlaub, bitte tragen Sie Herrn Meier ein."),
        ("Auto-Login geht nicht", "Das automatische Anmelden klappt nicht."),
        ("Abwesend", "Ich bin heute nicht im Haus, bitte erst morgen anrufen."),
        ("Out of office feature", "How do I set an automatic reply?"),
        ("Unzustellbar", "Meine Mail an max@schule.example konnte nicht zugestellt werden. Was tun?"),
        ("Delivery problem", "The books have not been delivered to lehrer@schule.example, why?"),
    ],
)
def test_questions_about_absence_and_delivery_are_questions(subject, text):
    mail = with_fields(FROM, b"To: support@firma.example", b"Subject: " + subject.encode(), body=text.encode())
    assert mail.automatic is None
    assert mail.bounce is None


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absence_exchange_german", Automatic.AUTO_REPLY),
        ("absence_without_header", Automatic.AUTO_REPLY),
        ("read_receipt", Automatic.READ_RECEIPT),
        ("list_post", Automatic.LIST),
        ("plain_german", None),
        ("outlook_reply_german", None),
        ("gmail_reply", None),
        ("files", None),
    ],
)
def test_sample_mails_are_classified(name, reason):
    assert sample(name).automatic is reason


def test_an_abuse_report_is_known():
    mail = with_fields(
        b"From: feedback@provider.example",
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=A",
        body=b"--A\n\nx\n--A\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--A--\n",
    )
    assert mail.automatic is Automatic.ABUSE_REPORT


def test_lists_mass_mail_and_other_desks_may_carry_the_words_of_people():
    people = {Automatic.LIST, Automatic.BULK, Automatic.TICKET_SYSTEM}
    assert {reason for reason in Automatic if not reason.machine_written} == people


_FIELDS = st.sampled_from(
    [
        FROM,
        b"From: MAILER-DAEMON@x.example",
        b"From: <>",
        b"Subject: Undelivered Mail",
        b"Subject: Automatic reply: x",
        b"Auto-Submitted: \xff(",
        b"Return-Path: <>",
        b"X-Failed-Recipients: @, weg@schule.example",
        b"Content-Type: message/delivery-status",
        b"Content-Type: multipart/report; boundary=A",
    ]
)


@given(st.lists(_FIELDS, max_size=6), st.binary(max_size=120))
def test_classification_is_total(fields, body):
    mail = parse(b"\n".join(fields) + b"\n\n" + body)
    assert mail.automatic is None or isinstance(mail.automatic, Automatic)
    assert (mail.bounce is None) or mail.automatic is Automatic.BOUNCE
    assert not any(defect.startswith(("bounce-failed", "classification-failed")) for defect in mail.defects)
