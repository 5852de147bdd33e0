"""HTML becomes text that reads well."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_email.inbound.html_clean import clean_html
from helpdesk_email.inbound.html_text import render_html
from tests.plugins.helpdesk_email.sample_mails import sample


def text_of(source):
    return render_html(clean_html(source)[0]).text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>eins</p><p>zwei</p>", "eins\n\nzwei"),
        ("<div>eins</div><div>zwei</div>", "eins\nzwei"),
        ("eins<br>zwei<br><br>drei", "eins\nzwei\n\ndrei"),
        ("<div>eins</div><div><br></div><div>zwei</div>", "eins\n\nzwei"),
        ("viel   Platz\n im <b>Satz</b> , ja", "viel Platz im Satz , ja"),
        ("<ul><li>eins</li><li>zwei<ul><li>tief</li></ul></li></ul>", "- eins\n- zwei\n  - tief"),
        ("<ol start=3><li>drei</li><li>vier</li></ol>", "3. drei\n4. vier"),
        ("<table><tr><th>Name</th><th>Zahl</th></tr><tr><td>Eva</td><td>2</td></tr></table>", "Name | Zahl\nEva | 2"),
        ("<table><tr><td><p>A</p></td><td><p>B</p></td></tr></table>", "A | B"),
        ('<a href="https://x.example/a">Link</a>', "Link <https://x.example/a>"),
        ('<a href="https://x.example/">x.example</a>', "x.example"),
        ('<a href="mailto:a@b.de">a@b.de</a>', "a@b.de"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("vor<blockquote>Zitat<blockquote>tief</blockquote></blockquote>nach", "vor\n\n> Zitat\n>\n>> tief\n\nnach"),
        ('<img alt="Logo" src="cid:x">', "[Logo]"),
        ("&lt;b&gt; &amp;amp; &nbsp;x", "<b> &amp;  x"),
        ("a<hr>b", f"a\n{'_' * 32}\nb"),
        ('Text<div class="gmail_signature">Eva</div>', "Text\n-- \nEva"),
        ("<script>x</script><style>y</style>", ""),
    ],
)
def test_html_reads_as_text(source, text):
    assert text_of(source) == text


def test_the_header_lines_of_outlook_begin_a_quotation():
    mail = sample("outlook_reply_german")
    assert mail.reply == "Guten Morgen,\n\ndie Lizenz ist für 20 Plätze.\n\nPlätze | 20\n\nViele Grüße\nAnna Meier"
    assert mail.text.endswith("Für wie viele Plätze?")


def test_everything_after_the_marker_of_outlook_is_known_to_be_quoted():
    rendered = render_html(clean_html('<p>Neu</p><div id="appendonsend"></div><p>Alt ohne Kopf</p>')[0])
    assert rendered.quoted_from is not None
    assert rendered.text[rendered.quoted_from :].strip() == "Alt ohne Kopf"


@given(st.text(st.sampled_from("<>/abdivptrlu \"'=&;x\n"), max_size=200))
def test_any_html_becomes_text(source):
    text = text_of(source)
    assert text == text.rstrip("\n")
    assert "\r" not in text
