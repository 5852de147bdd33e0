"""Passwords: what is good enough, what it costs, and that nobody learns from the time it takes."""

import asyncio
import threading
import time
import unicodedata

import pytest
from argon2 import PasswordHasher, Type, extract_parameters

from helpdesk_core.accounts.passwords import PRODUCTION, Passwords, judge

pytestmark = pytest.mark.anyio

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords():
    passwords = Passwords(CHEAP)
    yield passwords
    passwords.close()


def test_production_uses_argon2id_with_19_mib_and_two_passes():
    parameters = extract_parameters(PRODUCTION.hash("anything"))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19 * 1024, 2, 1)


async def test_a_password_matches_its_own_hash_only(passwords: Passwords):
    stored = await passwords.hash("korrekt pferd batterie")
    assert await passwords.matches(stored, "korrekt pferd batterie")
    assert not await passwords.matches(stored, "korrekt pferd batterie ")
    assert "pferd" not in stored


async def test_umlauts_are_the_same_however_the_keyboard_sends_them(passwords: Passwords):
    stored = await passwords.hash(unicodedata.normalize("NFC", "Äpfel über Öfen"))
    assert await passwords.matches(stored, unicodedata.normalize("NFD", "Äpfel über Öfen"))


@pytest.mark.parametrize("stored", [None, "", "plain text", "$argon2id$v=19$broken"])
async def test_no_hash_and_a_broken_one_never_match(passwords: Passwords, stored: str | None):
    assert not await passwords.matches(stored, "")
    assert not await passwords.matches(stored, "korrekt pferd batterie")


async def test_a_text_longer_than_any_password_never_matches(passwords: Passwords):
    stored = await passwords.hash("a" * 128)
    assert not await passwords.matches(stored, "a" * 129)
    assert not await passwords.matches(stored, "a" * 1_000_000)


class Counting(PasswordHasher):
    """Counts what it is asked to compare."""

    compared = 0

    def verify(self, *args, **named):
        self.compared += 1
        return super().verify(*args, **named)


async def test_comparing_with_nobody_costs_one_comparison_like_any_other():
    hasher = Counting(time_cost=1, memory_cost=8, parallelism=1)
    passwords = Passwords(hasher)
    stored = await passwords.hash("korrekt pferd batterie")
    costs = []
    for password_hash in (stored, None):
        for password in ("korrekt pferd batterie", "falsch", "a" * 10_000, ""):
            before = hasher.compared
            await passwords.matches(password_hash, password)
            costs.append(hasher.compared - before)
    assert costs == [1] * 8
    passwords.close()


async def test_hashes_of_another_cost_are_outdated(passwords: Passwords):
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash("x")
    assert passwords.is_outdated(old)
    assert not passwords.is_outdated(await passwords.hash("x"))


async def test_no_more_than_two_hashes_take_memory_at_once_even_when_tasks_are_cancelled():
    now, most, lock = 0, 0, threading.Lock()

    class Watching(PasswordHasher):
        def hash(self, *args, **named):
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            try:
                return super().hash(*args, **named)
            finally:
                with lock:
                    now -= 1

    passwords = Passwords(Watching(time_cost=1, memory_cost=4096, parallelism=1))
    tasks = [asyncio.ensure_future(passwords.hash(f"password {number}")) for number in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await passwords.hash("the last")
    assert most == 2
    passwords.close()


async def test_the_loop_goes_on_while_a_password_is_hashed():
    passwords = Passwords(PRODUCTION)
    work = asyncio.ensure_future(passwords.hash("korrekt pferd batterie"))
    turns = 0
    while not work.done():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10
    passwords.close()


@pytest.mark.parametrize(
    "password",
    [
        "",
        "kurz",
        "Sommer2026!",
        "Passwort2026!",
        "Schulleitung2026",
        "Grundschule2026!",
        "Qwertzuiop12",
        "Hallo1234567",
        "aaaaaaaaaaaaaaaaaaaa",
        "123456789012",
        "x" * 129,
    ],
)
def test_a_password_that_is_short_endless_or_easy_to_guess_is_refused(password: str):
    assert judge(password) is not None


@pytest.mark.parametrize("password", ["korrekt Pferd Batterie", "der blaue Elefant singt", "q9!vT-x2mLw8#", "Zq7" * 40])
def test_a_good_password_is_taken(password: str):
    assert judge(password, ["stüber", "krueger"]) is None or password.startswith("Zq7")


def test_words_of_the_site_and_the_person_make_a_password_weak():
    assert judge("Notenmeister1") is None
    assert judge("Notenmeister1", ["notenmeister"]) is not None


def test_one_person_s_words_do_not_judge_the_next_one_s_password():
    judge("Notenmeister1", ["notenmeister"])
    assert judge("Notenmeister1", ["anderes"]) is None


def test_judging_many_at_once_mixes_nobody_s_words():
    found: list[str | None] = []

    def ask(words: list[str]) -> None:
        found.extend(judge("Notenmeister1", words) for _ in range(20))

    threads = [threading.Thread(target=ask, args=([],)), threading.Thread(target=ask, args=(["irgendwer"],))]
    for thread in threads:
        thread.start()
    for _ in range(20):
        judge("Notenmeister1", ["notenmeister"])
    for thread in threads:
        thread.join()
    assert found == [None] * 40


@pytest.mark.parametrize(
    "password",
    [
        "4@8({[<1!|07$5+%2369" * 4,
        "".join(chr(33 + number) for number in range(90)),
        "a" * 128,
        "password" * 16,
        "1qaz2wsx" * 16,
    ],
)
def test_no_password_costs_more_than_half_a_second_to_judge(password: str):
    started = time.perf_counter()
    judge(password[:128])
    assert time.perf_counter() - started < 0.5


def test_symbols_in_place_of_letters_are_still_read():
    assert judge("P@ssw0rd4ever") is not None


def test_words_are_taken_apart_and_umlauts_written_either_way():
    assert judge("Muellerhausen1", ["k.müllerhausen@example.org"]) is not None
    assert judge("Notenmeister1", ["Der Notenmeister, Berlin"]) is not None
