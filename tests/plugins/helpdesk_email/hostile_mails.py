"""Mails that try to cost time or memory: the pump list of B59, each as a function of its size."""

from collections.abc import Callable

HEAD = b"From: eva@schule.example\nTo: support@firma.example\nSubject: x\n"
HTML = HEAD + b"Content-Type: text/html; charset=utf-8\n\n"


def _nested(count: int) -> bytes:
    return HEAD[:-1] + b"".join(
        b"\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d" % (level, level) for level in range(count)
    )


PUMPS: dict[str, Callable[[int], bytes]] = {
    "parameters of Content-Type": lambda n: HEAD + b"Content-Type: text/plain" + b"; a=b" * (n // 5) + b"\n\nx",
    "encoded words in the subject": lambda n: b"Subject: " + b"=?utf-8?q?x?= " * (n // 14) + b"\n\nx",
    "unclosed encoded words": lambda n: b"Subject: " + b"=?a?q? " * (n // 7) + b"\n\nx",
    "references": lambda n: HEAD + b"References: " + b"<a@b> " * (n // 6) + b"\n\nx",
    "recipients": lambda n: b"From: a@b.de\nTo: " + b"c@d.example, " * (n // 13) + b"\n\nx",
    "open comments in From": lambda n: b"From: " + b"(" * n + b"\n\nx",
    "escaped quotes in From": lambda n: b"From: " + b'\\"' * (n // 2) + b"\n\nx",
    "open comments in Authentication-Results": lambda n: b"Authentication-Results: x; " + b"(" * n + b"\n\nx",
    "header fields": lambda n: b"X-Field: y\n" * (n // 11) + b"\nx",
    "folded lines": lambda n: b"Subject: x\n" + b" y\n" * (n // 3) + b"\nx",
    "lines that are no header": lambda n: b"junk\n" * (n // 5),
    "nested multiparts": lambda n: _nested(n // 60),
    "delimiters": lambda n: HEAD + b"Content-Type: multipart/mixed; boundary=X\n\n" + b"--X\n" * (n // 4),
    "almost delimiters": lambda n: HEAD + b"Content-Type: multipart/mixed; boundary=X\n\n" + b"--Xa\n" * (n // 5),
    "almost delimiters in one line": lambda n: (
        HEAD + b"Content-Type: multipart/mixed; boundary=X\n\n" + b"--Xa" * (n // 4)
    ),
    "blanks behind a delimiter": lambda n: HEAD + b"Content-Type: multipart/mixed; boundary=X\n\n--X" + b" " * n + b"a",
    "angle brackets": lambda n: HEAD + b"\n" + b">" * n,
    "quote lines": lambda n: HEAD + b"\n" + b"> \n" * (n // 3),
    "blank lines": lambda n: HEAD + b"\n" + b"\n" * n,
    "one line": lambda n: HEAD + b"\n" + b"x" * n,
    "on ... wrote": lambda n: HEAD + b"\n" + b"On 1.2.2020 10:00 wrote\n" * (n // 24),
    "openings without an end": lambda n: HEAD + b"\n" + b"On " * (n // 3),
    "header lines in the text": lambda n: HEAD + b"\n" + b"Von: x\nAn: y\n" * (n // 13),
    "signature delimiters": lambda n: HEAD + b"\n" + b"--\n" * (n // 3),
    "beginnings of uuencode": lambda n: HEAD + b"\n" + b"begin 644 x\n#abcd\n" * (n // 18),
    "base64 in UTF-32": lambda n: (
        HEAD + b"Content-Type: text/plain; charset=utf-32\nContent-Transfer-Encoding: base64\n\n" + b"QUJD" * (n // 4)
    ),
    "padding alone": lambda n: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"=" * n,
    "padding between letters": lambda n: HEAD + b"Content-Transfer-Encoding: base64\n\n" + b"YQ==" * (n // 4),
    "soft line breaks": lambda n: HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"= " * (n // 2),
    "escapes of ISO-2022-JP": lambda n: (
        HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\n\n" + b"\x1b$B!!\x1b(B" * (n // 8)
    ),
    "deep elements": lambda n: HTML + b"<div>" * (n // 5),
    "deep formatting": lambda n: HTML + b"<b>" * (n // 3),
    "open tags": lambda n: HTML + b"<a " * (n // 3),
    "open angles": lambda n: HTML + b"<" * n,
    "open comments in HTML": lambda n: HTML + b"<!--" * (n // 4),
    "attributes": lambda n: HTML + b"<a " + b"x=y " * (n // 4) + b">x",
    "open attribute values": lambda n: HTML + b'<a b="' * (n // 6),
    "links": lambda n: HTML + b'<a href="https://x.example">y</a>' * (n // 33),
    "parentheses in a style": lambda n: HTML + b'<p style="' + b"(" * n + b'">x',
    "open list items": lambda n: HTML + b"<ul>" * 20 + b"<li>x" * (n // 5),
    "rows of a delivery status": lambda n: (
        HEAD
        + b"Content-Type: message/delivery-status\n\n"
        + b"Action: failed\nFinal-Recipient: rfc822;a@b.de\n\n" * (n // 47)
    ),
    "addresses in a bounce": lambda n: (
        b"From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n" + b"<a@b.de> " * (n // 9)
    ),
}
