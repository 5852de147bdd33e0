"""File names that were made to do harm (B51): whatever comes in, what is shown, offered and packed is harmless."""

import re
import unicodedata
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk_core.files import clean_name
from helpdesk_core.files.names import LONGEST, LONGEST_BYTES

RLO, ZWSP, BOM, ZWJ = "\u202e", "\u200b", "\ufeff", "\u200d"
DEVICES = ("CON", "PRN", "AUX", "NUL", "COM1", "COM9", "LPT1", "LPT9", "con", "Nul", "CONIN$", "CONOUT$", "COM\u00b9")

HOSTILE = {
    # Directories and drives.
    "../../etc/passwd": "passwd",
    "..\\..\\windows\\system32\\cmd.exe": "cmd.exe",
    "/etc/passwd": "passwd",
    "C:\\autoexec.bat": "autoexec.bat",
    "C:autoexec.bat": "C_autoexec.bat",
    "\\\\server\\share\\a.txt": "a.txt",
    "//server/share/a.txt": "a.txt",
    "a/../b.txt": "b.txt",
    "..": "file",
    ".": "file",
    "...": "file",
    "/": "file",
    "\\": "file",
    "../": "file",
    "a/": "file",
    "..%2f..%2fetc%2fpasswd": "%2f..%2fetc%2fpasswd",
    "\uff0e\uff0e\uff0fetc\uff0fpasswd": "etc_passwd",
    "..\u2215..\u2215etc\u2215passwd": "etc_passwd",
    "..\u2044a": "a",
    "\u2025\uff0fa": "a",
    "\ufe68a": "a",
    "file:///etc/passwd": "passwd",
    # Streams, shells and archives.
    "a.txt:evil.exe": "a.txt_evil.exe",
    "a.txt::$DATA": "a.txt__$DATA",
    "a|b.txt": "a_b.txt",
    "a>b<c.txt": "a_b_c.txt",
    "what?.txt": "what_.txt",
    "*.txt": "txt",
    'a"b.txt': "a_b.txt",
    "-rf": "rf",
    "--help": "help",
    "-": "file",
    "- -": "file",
    "$(rm -rf ~).txt": "$(rm -rf ~).txt",
    "`id`.txt": "`id`.txt",
    "a;b&c.txt": "a;b&c.txt",
    "%00.txt": "%00.txt",
    # Hidden and configuration files.
    ".htaccess": "htaccess",
    f"{ZWSP}.htaccess": "htaccess",
    f".{ZWSP}htaccess": "htaccess",
    f"{BOM}.htaccess": "htaccess",
    "\u00a0.htaccess": "htaccess",
    "\u2800.htaccess": "htaccess",
    "\u3164.htaccess": "htaccess",
    "_.htaccess": "htaccess",
    "..htaccess": "htaccess",
    " .user.ini": "user.ini",
    ".env": "env",
    ".git/config": "config",
    ".bashrc ": "bashrc",
    # What cannot be seen.
    f"gpj.{RLO}exe": "gpj.exe",
    f"annex{RLO}txt.scr": "annextxt.scr",
    "a\u2066b\u2069.txt": "ab.txt",
    f"a{ZWJ}b{ZWSP}c.txt": "abc.txt",
    "a\u00adb.txt": "ab.txt",
    "a\u034fb.txt": "ab.txt",
    "\u115f\u1160.txt": "txt",
    "\U000e0041\U000e0042.txt": "txt",
    "\ue000.txt": "txt",
    "\ud800.txt": "txt",
    "a\udcffb.txt": "a_b.txt",
    "\uffff.txt": "txt",
    # Control characters and line ends.
    "a\0b.txt": "ab.txt",
    "a.txt\0.exe": "a.txt.exe",
    "a\r\nContent-Type: text/html.txt": "html.txt",
    "a\r\nX: y.txt": "a X_ y.txt",
    "a\tb.txt": "a b.txt",
    "a\u2028b\u2029c\u0085d.txt": "a b c d.txt",
    "\x1b[31mred.txt": "[31mred.txt",
    "\x7f\x08.txt": "txt",
    "a\x0b\x0cb": "a b",
    # Blanks and dots at the edges: Windows drops them.
    "a.txt. . .": "a.txt",
    "a.exe ": "a.exe",
    "  a  b  .txt": "a b .txt",
    "a.txt.": "a.txt",
    "\u3000a\u3000.txt": "a .txt",
    # Nothing at all.
    "": "file",
    " ": "file",
    "\0": "file",
    ZWSP: "file",
    "___": "file",
    "\u3164": "file",
    # One and the same in two spellings.
    "u\u0308ber.txt": "\u00fcber.txt",
    f"u{ZWSP}\u0308ber.txt": "\u00fcber.txt",
    "\u212b.txt": "\u00c5.txt",
    # What people really send.
    "Bildschirmfoto 2026-11-23 um 09.00.12.png": "Bildschirmfoto 2026-11-23 um 09.00.12.png",
    "Rechnung (Kopie) #7.pdf": "Rechnung (Kopie) #7.pdf",
    "\u5831\u544a\u66f8.docx": "\u5831\u544a\u66f8.docx",
    "\u05e9\u05dc\u05d5\u05dd.txt": "\u05e9\u05dc\u05d5\u05dd.txt",
    "\U0001f600.png": "\U0001f600.png",
    "archive.tar.gz": "archive.tar.gz",
    "README": "README",
    "O'Neill & S\u00f6hne.xlsx": "O'Neill & S\u00f6hne.xlsx",
    "a__b--c.txt": "a__b--c.txt",
    # Markup: harmless in a name that is escaped, and its slash is gone.
    "<script>alert(1)</script>.png": "script_.png",
    "<img src=x onerror=alert(1)>.png": "img src=x onerror=alert(1)_.png",
    "{{7*7}}.txt": "{{7_7}}.txt",
    "%(x)s %s {0}.txt": "%(x)s %s {0}.txt",
}


@pytest.mark.parametrize(("name", "expected"), list(HOSTILE.items()), ids=map(ascii, HOSTILE))
def test_a_hostile_name_becomes_a_harmless_one(name, expected):
    assert clean_name(name) == expected


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("ending", ["", ".txt", ".tar.gz", " .txt", ". "])
def test_a_device_of_windows_is_no_name(device, ending):
    name = clean_name(f"{device}{ending}")
    assert name.startswith(f"_{device}")
    assert clean_name(f"x{device}{ending}").startswith(f"x{device}")


@pytest.mark.parametrize("sign", ["x", "\u00fc", "\u5831", "\U0001f600", "u\u0308"])
@pytest.mark.parametrize("ending", ["", ".pdf", ".tar.gz", "." + "e" * 11, "." + "\U0001f600" * 10])
def test_a_long_name_is_cut_and_keeps_its_ending(sign, ending):
    name = clean_name(sign * 5000 + ending)
    assert len(name) <= LONGEST
    assert len(name.encode()) <= LONGEST_BYTES
    if len(ending) <= 11:
        assert name.endswith(unicodedata.normalize("NFC", ending).rpartition(".")[2])


def harmless(name: str) -> None:
    assert 0 < len(name) <= LONGEST
    assert len(name.encode()) <= LONGEST_BYTES
    assert not set(name) & set('<>:"|?*\\/')
    assert not set(unicodedata.normalize("NFKC", name)) & set("\\/\0\r\n")
    assert not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for sign in name)
    assert name == name.strip(" .-")
    assert not re.match(r"(?i)(con|prn|aux|nul|com\d|lpt\d)\s*(\.|$)", unicodedata.normalize("NFKC", name))
    assert unicodedata.is_normalized("NFC", name)
    assert clean_name(name) == name


TRICKY = f"./\\: -_~$%\0\r\n\u0308{RLO}{ZWSP}{ZWJ}\uff0f\uff0e\u2025\u3164"
signs = st.characters(exclude_categories=()) | st.sampled_from(TRICKY)
devices = st.sampled_from([*DEVICES, "\uff23\uff2f\uff2e", "", "..", "."])


@given(st.lists(devices | signs, max_size=30).map("".join) | st.text(signs, min_size=140, max_size=200))
def test_any_name_becomes_a_harmless_one_and_stays_it(name):
    harmless(clean_name(name))


@pytest.mark.parametrize("name", [*HOSTILE, *(f"{device}.txt" for device in DEVICES)], ids=ascii)
def test_every_name_of_the_list_is_harmless_by_every_rule(name):
    harmless(clean_name(name))


def test_a_file_of_every_name_is_made_and_unpacked_where_it_belongs(tmp_path: Path):
    names = {clean_name(name) for name in HOSTILE} | {clean_name("\U0001f600" * 5000)}
    packed, here = tmp_path / "all.zip", tmp_path / "here"
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "content")
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(here)
    assert {path.name for path in here.iterdir()} == names
    assert {path.name for path in tmp_path.iterdir()} == {"all.zip", "here"}


def test_the_list_is_long_enough():
    assert len(HOSTILE) + len(DEVICES) * 5 >= 150


def test_a_name_of_nothing_is_what_the_caller_says():
    assert clean_name("...", fallback="attachment") == "attachment"
