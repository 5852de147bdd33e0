"""Who a mail is from: one address that every reading agrees on, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_email.inbound.addresses import canonical_address, mailboxes_of, sender_of
from helpdesk_email.inbound.headers import Fields
from tests.plugins.helpdesk_email.sample_mails import sample, with_fields


def sender(value):
    return sender_of(Fields([("from", value if isinstance(value, bytes) else value.encode())]))


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ("Eva Lang <eva@Schule.EXAMPLE>", "eva@schule.example", "Eva Lang"),
        ("Eva.Lang@schule.example", "Eva.Lang@schule.example", ""),
        ("eva@schule.example (Eva Lang)", "eva@schule.example", "Eva Lang"),
        ('"Lang, Eva" <eva@schule.example>', "eva@schule.example", "Lang, Eva"),
        ("Lang, Eva <eva@schule.example>", "eva@schule.example", "Lang, Eva"),
        ('"Eva \\"E\\" Lang" <eva@schule.example>', "eva@schule.example", 'Eva "E" Lang'),
        ("=?utf-8?Q?M=C3=BCller,_Eva?= <eva@schule.example>", "eva@schule.example", "Müller, Eva"),
        ("=?utf-8?Q?Eva?= =?utf-8?Q?_Lang?= <eva@schule.example>", "eva@schule.example", "Eva Lang"),
        ("Eva [mailto:eva@schule.example]", "eva@schule.example", "Eva"),
        ("Eva <mailto:eva@schule.example>", "eva@schule.example", "Eva"),
        ("Eva eva@schule.example", "eva@schule.example", "Eva"),
        ("<eva@schule.example", "eva@schule.example", ""),
        ('"Eva <eva@schule.example>', "eva@schule.example", "Eva"),
        ("eva@schule.example <eva@schule.example>", "eva@schule.example", "eva@schule.example"),
        ("'eva@schule.example' <eva@schule.example>", "eva@schule.example", "eva@schule.example"),
        ('"chef@firma.example" <eva@schule.example>', "eva@schule.example", "chef@firma.example"),
        ("<@relay.example,@other.example:eva@schule.example>", "eva@schule.example", ""),
        ("Schule: eva@schule.example;", "eva@schule.example", ""),
        ("eva@schule.example,", "eva@schule.example", ""),
        ("eva..lang.@docomo.example", "eva..lang.@docomo.example", ""),
        ('"eva..lang."@docomo.example', "eva..lang.@docomo.example", ""),
        ("用户@例子.广告", "用户@例子.广告", ""),
        ("jörg@MÜLLER.example", "jörg@müller.example", ""),
        ("root@localhost", "root@localhost", ""),
        ("eva@[192.0.2.1]", "eva@[192.0.2.1]", ""),
    ],
)
def test_one_sender_is_found_however_it_is_written(value, address, name):
    assert sender(value) == (address, name, False)


@pytest.mark.parametrize(
    "value",
    [
        "a@evil.test <support@firma.example>",
        "support@firma.example <a@evil.test>",
        "support@firma.example a@evil.test",
        "support@firma.example, a@evil.test",
        "Support <support@firma.example>, Evil <a@evil.test>",
        "support@firma.example; a@evil.test",
        "<support@firma.example> <a@evil.test>",
        "<support@firma.example>a@evil.test",
        "a@evil.test(<support@firma.example>",
        "support@firma.example)a@evil.test",
        "alice@firma.example)(a@evil.test",
        "alice@firma.example(<a@evil.test>",
        "alice@firma.example(a@evil.test)",
        "(a@evil.test) alice@firma.example",
        '"a@evil.test"@firma.example',
        '"a@evil.test> <b"@firma.example',
        "a@evil.test@firma.example",
        "support@firma.example@evil.test",
        "<<support@firma.example>@evil.test>",
        "support@firma.example\0@evil.test",
        "support@firma.example\0.evil.test",
        "support@firma.example\r@evil.test",
        "support@firma.example\x0b<a@evil.test>",
        "support@firma.example:a@evil.test",
        "Group: support@firma.example, a@evil.test;",
        "Group: support@firma.example;, a@evil.test",
        "=?utf-8?Q?support=40firma.example?=",
        "=?utf-8?Q?Support_=3Csupport=40firma.example=3E?=",
        "<=?utf-8?Q?support=40firma.example?=>@evil.test",
        "support\uff20firma.example",
        "support@firma.example\u200b",
        "supp\u202eort@firma.example",
        "support @firma.example",
        "support@ firma.example",
        "support@firma..example",
        "support@-firma.example",
        '"a\\r\\nRCPT TO:"@firma.example',
        '"support"@evil@firma.example',
        "@firma.example",
        "support@",
    ],
)
def test_ambiguous_senders_are_marked_and_never_guessed_b09(value):
    found = sender(value)
    assert found.address is None
    assert found.ambiguous


@pytest.mark.parametrize(
    "value", ["", "<>", "MAILER-DAEMON", "MAILER-DAEMON <>", "undisclosed-recipients:;", "()", ","]
)
def test_a_sender_without_address_is_missing_and_not_ambiguous(value):
    found = sender(value)
    assert found.address is None
    assert not found.ambiguous


def test_two_different_from_fields_are_ambiguous():
    mail = sample("two_senders")
    assert mail.from_address is None
    assert mail.from_ambiguous
    assert "from-ambiguous" in mail.defects


def test_two_equal_from_fields_are_one_sender():
    mail = with_fields(b"From: eva@schule.example", b"From: Eva <eva@SCHULE.example>")
    assert mail.from_address == "eva@schule.example"
    assert not mail.from_ambiguous


def test_recipients_are_listed_and_those_without_address_left_out():
    fields = Fields(
        [("to", b"Team: a@b.example, =?utf-8?Q?B=C3=B6?= <c@d.example>;, nobody, x@y@z"), ("to", b"e@f.example")]
    )
    found, cut = mailboxes_of(fields, "to")
    assert [(mailbox.address, mailbox.name) for mailbox in found] == [
        ("a@b.example", ""),
        ("c@d.example", "Bö"),
        ("e@f.example", ""),
    ]
    assert not cut


def test_more_recipients_than_the_limit_are_cut_and_named():
    mail = with_fields(b"From: a@b.example", b"To: " + b", ".join(b"p%d@s.example" % number for number in range(700)))
    assert len(mail.to) == 500
    assert "recipients-cut" in mail.defects


@given(st.text(max_size=60))
def test_a_canonical_address_is_canonical(text):
    found = canonical_address(text)
    if found is not None:
        assert canonical_address(found) == found
        assert found.count("@") == 1
        assert not any(character.isspace() for character in found)


@given(st.binary(max_size=300))
def test_no_from_field_breaks_the_reading_or_yields_a_broken_address(value):
    found = sender(value)
    assert not (found.ambiguous and found.address)
    assert found.address is None or canonical_address(found.address) == found.address
