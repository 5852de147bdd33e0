"""What of a text is new is shown, the rest is folded and never lost."""

# ruff: noqa: E501, RUF001 - mail programs write long lines in many alphabets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_email.inbound.replies import fold, visible_text
from tests.plugins.helpdesk_email.sample_mails import sample

QUOTE = "> Sehr geehrte Frau Lang,\n>\n> haben Sie es versucht?\n"

ATTRIBUTIONS = [
    "Am 23.11.2026 um 11:05 schrieb STÜBER Support:",
    "Am Mo., 23. Nov. 2026 um 11:05 Uhr schrieb Support <support@firma.example>:",
    "Am 23. November 2026 11:05:12 MEZ schrieb Support <support@firma.example>:",
    "Am Montag, den 23.11.2026, 11:05 +0100 schrieb Support:",
    "Am Mo., 23. Nov. 2026 um 11:05 Uhr schrieb Support <\nsupport@firma.example>:",
    "Am Montag, 23. November 2026 um 11:05 schrieb\nSupport der Firma\n<support@firma.example>:",
    "Support <support@firma.example> schrieb am 23.11.2026 11:05:",
    "Support schrieb am 23.11.2026 um 11:05 Uhr:",
    "support@firma.example schrieb am 23.11.2026:",
    "Zitat von Support <support@firma.example>:",
    "On Mon, Nov 23, 2026 at 11:05 AM Support <support@firma.example> wrote:",
    "On Mon, Nov 23, 2026 at 11:05 AM, Support\n<support@firma.example> wrote:",
    "On 23/11/2026 11:05, Support wrote:",
    "On Nov 23, 2026, at 11:05, Support <support@firma.example> wrote:",
    "2026-11-23 11:05 GMT+01:00 Support <support@firma.example>:",
    "2026/11/23 Support <support@firma.example>",
    "Quoting Support <support@firma.example>:",
    "Le lun. 23 nov. 2026 à 11:05, Support <support@firma.example> a écrit :",
    "Le 23/11/2026 11:05, Support a écrit :",
    "El lun, 23 nov 2026 a las 11:05, Support (<support@firma.example>) escribió:",
    "Em seg., 23 de nov. de 2026 às 11:05, Support <support@firma.example> escreveu:",
    "Il giorno lun 23 nov 2026 alle ore 11:05 Support <support@firma.example> ha scritto:",
    "Op ma 23 nov. 2026 om 11:05 schreef Support <support@firma.example>:",
    "W dniu 23.11.2026 o 11:05, Support pisze:",
    "pon., 23 lis 2026 o 11:05 Support <support@firma.example> napisał(a):",
    "Dne 23. 11. 2026 v 11:05 Support napsal(a):",
    "Den mån 23 nov. 2026 kl 11:05 skrev Support <support@firma.example>:",
    "man. 23. nov. 2026 kl. 11:05 skrev Support <support@firma.example>:",
    "ma 23. marrask. 2026 klo 11.05 Support <support@firma.example> kirjoitti:",
    "Support <support@firma.example> ezt írta (időpont: 2026. nov. 23., H, 11:05):",
    "пн, 23 нояб. 2026 г. в 11:05, Support <support@firma.example>:",
    "23.11.2026 11:05, Support пишет:",
    "23 Kas 2026 Pzt 11:05 tarihinde Support <support@firma.example> şunu yazdı:",
    "2026年11月23日(月) 11:05 Support <support@firma.example>:",
    "在 2026年11月23日 11:05，Support <support@firma.example> 写道：",
    "Support <support@firma.example> 于2026年11月23日周一 11:05写道：",
    "2026년 11월 23일 (월) 11:05, Support <support@firma.example>님이 작성:",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_a_quotation_below_the_answer_is_folded_with_its_attribution(attribution):
    assert fold(f"Danke, es geht.\n\nEva\n\n{attribution}\n\n{QUOTE}").reply == "Danke, es geht.\n\nEva"


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_answer_below_the_quotation_stays_and_the_quotation_too(attribution):
    reply = fold(f"{attribution}\n{QUOTE}\nJa, habe ich.").reply
    assert reply == f"{QUOTE}\nJa, habe ich."


BLOCKS = [
    "Von: Support <support@firma.example>\nGesendet: Montag, 23. November 2026 11:05\nAn: Eva Lang\nBetreff: AW: Frage",
    "Von: Support [mailto:support@firma.example]\nGesendet: Montag, 23. November 2026 11:05\nAn: Eva\nCc: Max\nBetreff: x",
    "*Von:* Support <support@firma.example>\n*Gesendet:* Montag, 23. November 2026\n*An:* Eva\n*Betreff:* Frage",
    'Gesendet: Montag, 23. November 2026 um 11:05 Uhr\nVon: "Support" <support@firma.example>\nAn: eva@schule.example\nBetreff: x',
    "Von: Support\nDatum: 23. November 2026\nAn: Eva Lang, Max Muster,\n    Paul Klein\nBetreff: Frage",
    "From: Support <support@firma.example>\nSent: Monday, November 23, 2026 11:05 AM\nTo: Eva\nSubject: x",
    "From: Support\nDate: Monday, 23 November 2026\nTo: Eva\nSubject: x",
    "De : Support <support@firma.example>\nEnvoyé : lundi 23 novembre 2026 11:05\nÀ : Eva\nObjet : x",
    "De: Support\nEnviado el: lunes, 23 de noviembre de 2026 11:05\nPara: Eva\nAsunto: x",
    "Da: Support\nInviato: lunedì 23 novembre 2026 11:05\nA: Eva\nOggetto: x",
    "Van: Support\nVerzonden: maandag 23 november 2026 11:05\nAan: Eva\nOnderwerp: x",
    "Od: Support\nWysłano: poniedziałek, 23 listopada 2026 11:05\nDo: Eva\nTemat: x",
    "От: Support\nОтправлено: 23 ноября 2026 г. 11:05\nКому: Eva\nТема: x",
    "差出人: Support\n送信日時: 2026年11月23日 11:05\n宛先: Eva\n件名: x",
    "发件人: Support\n发送时间: 2026年11月23日 11:05\n收件人: Eva\n主题: x",
    "-----Ursprüngliche Nachricht-----\nVon: Support",
    "-------- Ursprüngliche Nachricht --------",
    "-------- Original-Nachricht --------\nDatum: Mon",
    "-------- Weitergeleitete Nachricht --------\nBetreff: x",
    "----- Original Message -----\nFrom: Support",
    "---------- Forwarded message ---------\nVon: Support",
    "-----Message d'origine-----",
    "Anfang der weitergeleiteten Nachricht:",
    "Begin forwarded message:",
    "-- Bitte antworten Sie oberhalb dieser Zeile --",
    "-- Please reply above this line --",
    "*-- Bitte antworten Sie oberhalb dieser Zeile --*",
    "Am 23.11.2026 um 11:05 schrieb Support <support@firma.example>:",
]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("rule", ["", "________________________________\n"])
def test_an_unmarked_copy_is_folded_from_its_head_on(block, rule):
    assert (
        fold(f"Zwanzig Plätze.\n\nEva\n\n{rule}{block}\n\nFür wie viele?\n\nGruß\nSupport").reply
        == "Zwanzig Plätze.\n\nEva"
    )


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nEva Lang\nSchule am Markt\nTel. 030 1234",
        "--\nEva Lang",
        "—\nEva Lang",
        "Von meinem iPhone gesendet",
        "Gesendet von Mail für Windows",
        "Von meinem Samsung Galaxy Smartphone gesendet.",
        "Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.",
        "Gesendet mit der WEB.DE Mail App",
        "Holen Sie sich Outlook für iOS",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Sent from my iPhone",
        "Sent from my Samsung Galaxy s5 Octacore device",
        "Sent from my cell, please excuse any typos.",
        "<<sent by galaxy>>",
        "Envoyé depuis mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Wysłane z iPhone'a",
        "Отправлено с iPhone",
        "iPhoneから送信",
        "從我的 iPhone 傳送",
        "_____________________________________________\nschulsoftware mailing list\nhttp://x.example/mailman/listinfo/s",
    ],
)
def test_signatures_are_folded_with_and_without_a_quotation_below(signature):
    assert fold(f"Danke!\n\n{signature}\n").reply == "Danke!"
    assert fold(f"Danke!\n\n{signature}\n\n{ATTRIBUTIONS[0]}\n{QUOTE}").reply == "Danke!"


@pytest.mark.parametrize(
    "text",
    [
        "Hallo,\n\nam 12.3. schrieb mir Herr Meier:\nalles neu.\n\nGruß",
        "Sent from my desk, which is better than my mobile phone.",
        "Name: Eva\nE-Mail: eva@schule.example\nDatum: 12.3.2026 10:00\nProblem: geht nicht\n\nGruß",
        "Name: Eva Lang\nVon: eva@schule.example\nDatum: 12.3.2026\nBetreff: Hilfe\nAn: Support\n\nEs klemmt.",
        "Von: hier nach dort\n\nwill ich drucken.",
        "Erster Teil\n\n_________________________\n\nZweiter Teil",
        "Liste:\n\n-\nerstens\n*\nzweitens",
        "Die Meldung lautet:\n> Fehler 5\nWas tun?",
        "Betreff: Drucker\nDer Drucker druckt nicht.",
        "Viele Grüße\nEva Lang\nSchule am Markt\nTel. 030 1234",
        "Von meinem Konto wurde nichts abgebucht, die Mail habe ich gesendet.",
    ],
)
def test_what_a_person_writes_is_not_taken_for_quotation_or_signature(text):
    assert fold(text).reply == text


def test_interleaved_answers_keep_their_quotations():
    text = f"Hallo,\n\n{ATTRIBUTIONS[0]}\n> Wie?\nSo.\n\n> Wo?\nDort.\n\n> Viele Grüße\n> Support\n"
    assert fold(text).reply == "Hallo,\n\n> Wie?\nSo.\n\n> Wo?\nDort."


@pytest.mark.parametrize(
    "text",
    [QUOTE, f"{ATTRIBUTIONS[0]}\n{QUOTE}", f"{BLOCKS[0]}\n\nText", "-- \nEva", "Sent from my iPhone", "", "\n\n"],
)
def test_where_nothing_would_remain_everything_does(text):
    folded = fold(text)
    assert folded.points == ()
    assert folded.reply == text.strip("\n")


def test_other_marker_lines_can_be_given():
    text = "Danke\n\n## Antwort bitte hierüber ##\n\nIhr Ticket"
    assert fold(text).reply == text
    assert fold(text, markers=["## Antwort bitte hierüber ##"]).reply == "Danke"


def test_a_text_that_is_quoted_from_an_offset_on_is_folded_there():
    text = "Neu\n\nAlt ohne jeden Kopf"
    assert fold(text, quoted_from=text.index("Alt")).reply == "Neu"


def test_the_answers_of_three_mail_programs_are_exact():
    assert sample("plain_german").reply.endswith("Mit freundlichen Grüßen\nMax Müller")
    assert sample("gmail_reply").reply == "Ja, bitte löschen.\n\nEva"
    assert sample("list_post").reply == "Wie importiert man Klassen?"


_LINES = st.one_of(
    st.sampled_from(
        [
            *ATTRIBUTIONS,
            *BLOCKS,
            QUOTE,
            "-- ",
            "--",
            "",
            " ",
            ">",
            "> x",
            ">>",
            "Text",
            "Sent from my iPhone",
            "______",
            "\xa0",
            "Von: x",
        ]
    ),
    st.text(max_size=20),
)


@given(st.lists(_LINES, max_size=20), st.one_of(st.none(), st.integers(0, 200)))
def test_visible_and_folded_together_are_the_original(lines, quoted_from):
    text = "\n".join(lines)
    folded = fold(text, quoted_from=quoted_from)
    pieces, position = [], 0
    for start, end in folded.points:
        assert position <= start < end <= len(text)
        pieces += [text[position:start], text[start:end]]
        position = end
    pieces.append(text[position:])
    assert "".join(pieces) == text
    visible = "".join(pieces[::2])
    if folded.points:
        assert folded.reply == visible_text(text, folded.points)
        assert folded.reply.strip()
    else:
        assert folded.reply.strip() == text.strip() or not text.strip()
    assert folded.reply.strip() == visible.strip()
