"""Bytes to text when the declared charset is right, wrong, unknown or absent.

Order: the declared charset under its common aliases, then UTF-8 when the bytes are mostly that, then Windows-1252.
There is no statistical guess for bodies: measured on real mail, guesses turned damaged UTF-8 into Korean. Only header
bytes that nobody declared are looked at for Cyrillic. Nothing here raises, whatever the bytes.
"""

import codecs
import re
from functools import lru_cache
from typing import Final

_ALIASES: Final = {
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "ascii": "us-ascii",
    "ansi_x3.4-1968": "us-ascii",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8": "cp1255",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "x-gbk": "gb18030",
    "gbk": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "cp950",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ksc5601": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso-2022-jp",
    "cp50220": "iso-2022-jp",
    "cp50221": "iso-2022-jp",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "utf8mb4": "utf-8",
    "utf8": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-macintosh": "mac_roman",
}
_NO_TEXT: Final = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"})
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]+")
_JIS_ESCAPE: Final = re.compile(rb"\x1b(\$\(?[@BDO]|\([BJIH])")
_CYRILLIC_SHARE: Final = 0.6
_STATELESS: Final = re.compile(r"cp|iso-?8859|iso_8859|windows|koi8|mac|us-ascii|latin|tis")


@lru_cache(maxsize=512)
def codec_name(declared: str) -> str | None:
    """Return the name of the codec to use for a declared charset, or None when there is no such text charset.

    Codecs that are not character sets (`zlib`, `idna`, `unicode_escape`, ...) count as unknown.
    """
    match = _NAME.match(declared.strip(" \t'\"<>"))
    if match is None:
        return None
    name = match.group().lower()
    name = _ALIASES.get(name, name)
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    canonical = info.name.replace("-", "_")
    if canonical in _NO_TEXT or not info._is_text_encoding:  # noqa: SLF001 - the only mark the library has
        return None
    return _ALIASES.get(info.name, name)


def decode_body(raw: bytes, declared: str | None) -> tuple[str, tuple[str, ...]]:
    """Decode the bytes of a text part and return the text, lines ended by a line feed, with the defects found."""
    text, defects = _decode(raw, declared)
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n")
    return without_surrogates(_CONTROLS.sub("", text)), defects


def decode_word(raw: bytes, declared: str | None) -> str:
    """Decode the bytes of an encoded word or a parameter; never raises."""
    return without_surrogates(_decode(raw, declared)[0])


def decode_undeclared(raw: bytes, hint: str | None) -> str:
    """Decode header bytes for which no charset was declared; `hint` is that of the body, if it has one."""
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    if b"\x1b$" in raw:
        return _decode_jis(raw)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        if _mostly_utf8(raw):
            return raw.decode("utf-8", "replace")
    name = codec_name(hint) if hint else None
    if name and name not in {"us-ascii", "utf-8", "cp1252"}:
        return without_surrogates(raw.decode(name, "replace"))
    return raw.decode(_cyrillic(raw) or "cp1252", "replace")


def without_surrogates(text: str) -> str:
    """Return the text with lone surrogates replaced, which no database and no wire format takes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _decode(raw: bytes, declared: str | None) -> tuple[str, tuple[str, ...]]:
    name = codec_name(declared) if declared else None
    defects: tuple[str, ...] = ()
    if declared and name is None:
        defects = ("charset-unknown",)
    if raw.startswith(codecs.BOM_UTF8):
        raw, name = raw[3:], "utf-8"
    elif raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and (name is None or name == "utf-8"):
        name = "utf-16"
    if raw.isascii() and (name is None or _STATELESS.match(name) or name == "utf-8"):
        # Bytes below 128 mean the same in all of these.
        return raw.decode("ascii"), defects
    if name == "iso-2022-jp":
        return _decode_jis(raw), defects
    if name is None or name == "us-ascii":
        return _decode_unknown(raw, (*defects, "charset-missing" if name is None else "charset-wrong"))
    return _decode_known(raw, name, defects)


def _decode_known(raw: bytes, name: str, defects: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    if not _STATELESS.match(name):
        text = _strictly(raw, name)
        if text is not None:
            return text, defects
    if name == "utf-8":
        return _decode_unknown(raw, (*defects, "charset-wrong"))
    # Bytes above 127 that happen to be faultless UTF-8 are never anything else in practice.
    text = _strictly(raw, "utf-8")
    if text is not None:
        return text, (*defects, "charset-wrong")
    text = raw.decode(name, "replace")
    if text.count("\ufffd") > max(len(text) // 10, 2):
        return _decode_unknown(raw, (*defects, "charset-wrong"))
    return text, (*defects, "charset-damaged") if "\ufffd" in text else defects


def _strictly(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except UnicodeError:
        return None


def _decode_unknown(raw: bytes, defects: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    try:
        return raw.decode("utf-8"), defects
    except UnicodeDecodeError:
        if _mostly_utf8(raw):
            return raw.decode("utf-8", "replace"), (*defects, "charset-damaged")
    return raw.decode("cp1252", "replace"), defects


def _mostly_utf8(raw: bytes) -> bool:
    """Whether at least as many non-ASCII characters decode as fail to."""
    text = raw.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    good = sum(1 for character in text if character > "\x7f") - bad
    return good >= bad


def _cyrillic(raw: bytes) -> str | None:
    """Name the Russian charset of undeclared bytes, or None when they do not look Russian.

    Text is mostly in lower case, and the two charsets keep their lower case in each other's upper-case half.
    """
    letters = [byte for byte in raw if byte >= 0xC0 or 0x41 <= byte <= 0x5A or 0x61 <= byte <= 0x7A]
    high = [byte for byte in letters if byte >= 0xC0]
    if len(high) < 4 or len(high) < _CYRILLIC_SHARE * len(letters):
        return None
    return "koi8-r" if sum(1 for byte in high if byte < 0xE0) * 2 > len(high) else "cp1251"


def _decode_jis(raw: bytes) -> str:
    """Decode ISO-2022-JP with the vendors' letters, which Python's codec refuses, by way of Windows-932.

    Each escape sequence (RFC 1468) chooses how the bytes up to the next one are read.
    """
    pieces: list[str] = []
    mode = b"(B"
    position = 0
    while position < len(raw):
        match = _JIS_ESCAPE.search(raw, position)
        run = raw[position : match.start() if match else len(raw)]
        if mode[:1] == b"$":
            pieces.append(_jis_pairs(run))
        elif mode == b"(I":
            pieces.append(bytes(byte | 0x80 for byte in run).decode("cp932", "replace"))
        else:
            pieces.append(run.decode("cp932", "replace"))
        if match is None:
            break
        mode, position = match.group(1), match.end()
    return without_surrogates("".join(pieces))


def _jis_pairs(run: bytes) -> str:
    shifted = bytearray()
    index = 0
    while index < len(run):
        first = run[index]
        if first < 0x21 or first > 0x7E or index + 1 >= len(run):
            # Line ends stand between pairs when a sender forgot to switch back.
            shifted.append(first)
            index += 1
            continue
        second = run[index + 1]
        row = (first - 0x21) >> 1
        shifted.append(row + (0x81 if row < 0x1F else 0xC1))
        if first & 1:
            shifted.append(second + (0x1F if second < 0x60 else 0x20))
        else:
            shifted.append((second + 0x7E) & 0xFF)
        index += 2
    return shifted.decode("cp932", "replace")
