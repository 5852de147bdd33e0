"""Passwords: how they are kept, compared and judged.

They are kept as argon2id hashes and nowhere else; they never reach a log, an event or an error. Comparing costs the
same for an account that does not exist, so that time tells nothing. Counting tries is not done here.
"""

import asyncio
import re
import secrets
import unicodedata
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from itertools import chain
from math import prod
from threading import Lock
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn
from zxcvbn.matching import L33T_TABLE

from helpdesk_core.text import N_

_R = TypeVar("_R")

SHORTEST = 12
"""Fewest characters of a password."""
LONGEST = 128
"""Most characters of a password."""
PRODUCTION = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id with 19 MiB and two passes, as the OWASP password storage cheat sheet recommends."""

_JUDGED = 72
"""zxcvbn judges no more than this many characters."""
_READINGS = 16
"""Most ways to read the symbols of a password as letters that zxcvbn may try."""

_GERMAN = """
passwort kennwort geheim geheimnis losung schluessel schlüssel zugang anmeldung anmelden benutzer konto sommer herbst
winter fruehling frühling fruehjahr frühjahr januar februar maerz märz april mai juni juli august september oktober
november dezember montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag schule grundschule realschule
gymnasium gesamtschule berufsschule oberschule hauptschule mittelschule schulleitung sekretariat lehrer lehrerin
lehrerzimmer klasse klassenzimmer zeugnis zeugnisse stundenplan vertretungsplan unterricht ferien sommerferien
hausmeister rektor direktor firma verwaltung gemeinde landkreis rathaus drucker computer rechner bildschirm tastatur
internet hallo willkommen guten morgen tag abend danke bitte liebe schatz familie mutter vater tochter sohn hund katze
urlaub fussball fußball bayern berlin hamburg muenchen münchen koeln köln deutschland oesterreich österreich schweiz
qwertz qwertzuiop asdfghjkl yxcvbnm eins zwei drei vier fuenf fünf sechs sieben acht neun zehn hilfe ticket support
software programm lizenz test testen probe start neu meine unser sicher sicherheit
""".split()  # noqa: SIM905 - a paragraph of words reads better than a column of strings

_WITHOUT_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

# zxcvbn keeps the words of the caller in a table of its module: two judgements at once would mix them up.
_one_at_a_time = Lock()


class Passwords:
    """Hashes and compares passwords in two threads of its own, so that pages go on while it works."""

    def __init__(self, hasher: PasswordHasher = PRODUCTION, *, at_once: int = 2) -> None:
        """Prepare; `hasher` carries the cost, `at_once` bounds how many hashes take memory at the same time."""
        self._hasher = hasher
        # A pool of exactly this size is the gate: a task that is cancelled while it waits does not free a place
        # that its thread still uses, as a semaphore around a shared pool would.
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="passwords")

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        """Return the text to store for a new password."""
        return await self._run(partial(self._hasher.hash, _normal(password)))

    async def matches(self, password_hash: str | None, password: str) -> bool:
        """Tell whether the password is the one that was hashed.

        None, the hash of nobody, costs as much as a real one and never matches.
        """
        return await self._run(partial(self._compare, password_hash, password))

    def is_outdated(self, password_hash: str) -> bool:
        """Tell whether the hash was made at another cost than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    async def judge(self, password: str, words: Iterable[str]) -> str | None:
        """Do as `judge`, in a thread: it may take a tenth of a second."""
        return await self._run(partial(judge, password, tuple(words)))

    def close(self) -> None:
        """End the threads; nobody may ask any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _compare(self, password_hash: str | None, password: str) -> bool:
        nobody = self._nobody  # Made by the first comparison, whomever that is about.
        known = bool(password_hash) and len(password) <= LONGEST
        try:
            self._hasher.verify((password_hash if known else None) or nobody, _normal(password[:LONGEST]))
        except (VerificationError, InvalidHashError):
            return False
        return known

    async def _run(self, work: partial[_R]) -> _R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def judge(password: str, words: Iterable[str] = ()) -> str | None:
    """Return why a password is not good enough, as an English message id, or None when it is.

    Args:
        password: As typed.
        words: What an attacker would try first: names of the site and the person, addresses; taken apart here.
    """
    text = _normal(password)
    if len(text) < SHORTEST:
        return N_("Please use at least 12 characters.")
    if len(text) > LONGEST:
        return N_("Please use at most 128 characters.")
    known = [*chain.from_iterable(_parts(word.casefold()) for word in words), *_GERMAN]
    with _one_at_a_time:
        score = zxcvbn(_readable(text[:_JUDGED]), user_inputs=known)["score"]
    if score < 3:
        return N_("This password is easy to guess. Please use several words that do not belong together.")
    return None


def _normal(password: str) -> str:
    """Umlauts typed on different keyboards are the same password (NFC, as RFC 8265 section 4.2 asks)."""
    return unicodedata.normalize("NFC", password)


def _parts(phrase: str) -> list[str]:
    """Return the words of a phrase, with umlauts and as they are written without them."""
    parts = re.findall(r"\w{3,}", phrase)
    return parts + [part.translate(_WITHOUT_UMLAUTS) for part in parts]


def _readable(text: str) -> str:
    """Bound the work of zxcvbn, which tries every way to read symbols as letters: thirty symbols cost seconds.

    When there are too many ways, each letter keeps only the first symbol that may stand for it.
    """
    symbols = list(dict.fromkeys(text))
    readings = [[symbol for symbol in symbols if symbol in stand_ins] for stand_ins in L33T_TABLE.values()]
    if prod(len(found) or 1 for found in readings) <= _READINGS:
        return text
    surplus = {symbol for found in readings for symbol in found[1:]}
    return "".join("~" if symbol in surplus else symbol for symbol in text)
