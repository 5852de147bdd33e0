"""What was decided about a mail, done: the command, the proofs, the notices and the record, in one unit of work.

Commands of tickets are given the key of the mail, so that a mail does what it does once. Nothing is decided here but
what only the command can know: whether its sender is entitled, and whether a check says no.
"""

import logging
from typing import Any, Final
from uuid import UUID

import msgspec

from helpdesk_core import N_, Actor, Forbidden, Helpdesk, Invalid, NotFound, OpenTicket, Refused, Reply
from helpdesk_core.accounts import EMAIL
from helpdesk_core.bus import Subject
from helpdesk_core.db import Unit
from helpdesk_core.tickets import Done, Note, NotEntitled, Writing
from helpdesk_email.events import MailSettled
from helpdesk_email.evidence import Evidence, Refusal
from helpdesk_email.inbound.caps import DAY, Caps
from helpdesk_email.inbound.claims import Claims
from helpdesk_email.inbound.contents import Prepared, is_note, prepare, subject_of, without_mark
from helpdesk_email.inbound.identify import Auth
from helpdesk_email.inbound.letters import Letter, Result
from helpdesk_email.inbound.machines import Machines
from helpdesk_email.inbound.proposals import Proposals
from helpdesk_email.inbound.route import Step, Tell
from helpdesk_email.inbound.telling import Telling
from helpdesk_email.settings import Keep, Limits
from helpdesk_email.tables import DONE, HELD, KEPT, REFUSED, WAITING, Mail

SYSTEM: Final = Actor.system("helpdesk_email")
HINT: Final = N_("The subject of this e-mail named ticket #%(number)s, in which its sender takes no part.")

logger = logging.getLogger(__name__)

_STATES: Final = {
    Step.JOIN: DONE,
    Step.OPEN: DONE,
    Step.ANSWER: DONE,
    Step.NOTE: DONE,
    Step.WAIT: WAITING,
    Step.HOLD: HELD,
    Step.KEEP: KEPT,
}


class Applier:
    """Does what was decided, for one site.

    Args:
        helpdesk: The site.
        limits: What a mail may bring.
        keep: How long mail is kept.
        register_hint: Whether unknown senders are told how to register.
        asks: Whether there is a page on which somebody can vouch for a mail.
    """

    def __init__(self, helpdesk: Helpdesk, limits: Limits, keep: Keep, *, register_hint: bool, asks: bool) -> None:
        self._helpdesk = helpdesk
        self._limits = limits
        self._keep = keep
        self._claims = Claims(helpdesk.database)
        self._caps = Caps(helpdesk, limits)
        self._telling = Telling(helpdesk, self._caps, keep, register_hint=register_hint, asks=asks)
        self._machines = Machines(helpdesk)
        self._proposals = Proposals(helpdesk)

    async def apply(self, letter: Letter, mailboxes: frozenset[str]) -> Result:
        """Do what was decided about a mail, and write down what came of it.

        Raises:
            Overtaken: Another worker has it now; nothing was done.
            Refused: A check could not be asked; nothing was done, try again later.
        """
        prepared = await self._prepare(letter)
        async with self._helpdesk.database.unit() as unit:
            await self._claims.hold(unit, letter.row)
            result = await self._carry_out(unit, letter, prepared)
            proposed = 0
            if result.state == DONE and result.ticket and letter.route.step in {Step.JOIN, Step.OPEN}:
                proposed = await self._proposals.propose(
                    unit, letter.mail, letter.claim, result.ticket, mailboxes, most=self._limits.proposals
                )
            await self._record(unit, letter, prepared, result, proposed)
        return result

    async def _prepare(self, letter: Letter) -> Prepared:
        """Store the files of a mail that becomes a message, before the unit that needs them."""
        if letter.route.step not in {Step.JOIN, Step.OPEN, Step.ANSWER}:
            return Prepared(writing=Writing(text=""), dropped=())
        return await prepare(
            self._helpdesk.files,
            letter.mail,
            original=letter.row.id,
            verified=letter.claim.auth is Auth.PASS,
            limits=self._limits,
            words=self._helpdesk.texts.words(None),
        )

    async def _carry_out(self, unit: Unit, letter: Letter, prepared: Prepared) -> Result:
        decided = letter.route
        if over := await self._caps.over(letter.mail, letter.claim, decided):
            return Result(state=HELD, outcome=over, ticket=decided.ticket)
        try:
            await self._prove(unit, letter)
            done = await self._command(unit, letter, prepared)
        except NotEntitled as refused:
            return _not_entitled(refused)
        except Refused as refused:
            if refused.temporary:
                raise
            refusal = Refusal.because(refused.message, refused.values)
            return Result(state=REFUSED, outcome="refused-by-rule", refusal=refusal, detail=refused.rule)
        except (Forbidden, NotFound, Invalid) as error:
            return Result(state=HELD, outcome="not-allowed", ticket=decided.ticket, detail=str(error))
        if done is None:
            return Result(state=_STATES[decided.step], outcome=decided.reason, ticket=decided.ticket)
        return Result(state=DONE, outcome=decided.reason, ticket=done.ticket, number=done.number, message=done.message)

    async def _command(self, unit: Unit, letter: Letter, prepared: Prepared) -> Done | None:
        """Ask the tickets to do it; None where nothing is to be done."""
        decided, writing = letter.route, prepared.writing
        hidden = msgspec.structs.replace(writing, needs_confirmation=decided.hidden)
        match decided.step:
            case Step.OPEN:
                return await self._open(letter, hidden)
            case Step.JOIN if decided.ticket is not None:
                return await self._helpdesk.tickets.reply(
                    Reply(actor=_author(letter), origin=EMAIL, once=_key(letter), ticket=decided.ticket, writing=hidden)
                )
            case Step.ANSWER if decided.ticket is not None:
                return await self._answer(letter, decided.ticket, writing)
            case Step.NOTE if decided.ticket is not None:
                return await self._machines.note(unit, letter.mail, letter.known, decided.ticket, letter.row.id)
        return None

    async def _open(self, letter: Letter, writing: Writing) -> Done:
        account = letter.known.account
        assert account is not None, "only somebody with an account opens a ticket"
        words = self._helpdesk.texts.words(None)
        done = await self._helpdesk.tickets.open(
            OpenTicket(
                actor=Actor.of(account.id),
                origin=EMAIL,
                once=_key(letter),
                requester=account.id,
                subject=subject_of(letter.mail, self._helpdesk.site.tickets.number.pattern(), words),
                writing=writing,
                needs_confirmation=letter.route.hidden,
            )
        )
        if letter.route.hint:
            await self._hint(letter, done.ticket, words.gettext(HINT, number=letter.route.hint))
        return done

    async def _hint(self, letter: Letter, ticket: UUID, text: str) -> None:
        """Leave a note for agents; a rule of the site against notes does not keep the ticket from being opened."""
        try:
            await self._helpdesk.tickets.note(
                Note(actor=SYSTEM, origin=EMAIL, once=_key(letter), ticket=ticket, writing=Writing(text=text))
            )
        except Refused as refused:
            if refused.temporary:
                raise
            logger.warning("a hint about the mail %s was refused: %s", letter.row.id, refused)

    async def _answer(self, letter: Letter, ticket: UUID, writing: Writing) -> Done:
        if is_note(writing):
            note = Note(
                actor=_author(letter),
                origin=EMAIL,
                once=_key(letter),
                ticket=ticket,
                writing=without_mark(writing),
            )
            return await self._helpdesk.tickets.note(note)
        return await self._helpdesk.tickets.reply(
            Reply(actor=_author(letter), origin=EMAIL, once=_key(letter), ticket=ticket, writing=writing)
        )

    async def _prove(self, unit: Unit, letter: Letter) -> None:
        """Write down that the sender reads their mail, where the mail shows it."""
        account, address = letter.known.account, letter.known.address
        if not letter.route.prove or account is None or address is None:
            return
        actor = Actor.of(account.id)
        await self._helpdesk.accounts.prove_address(unit, address.id, "answer", actor=actor, origin=EMAIL)
        if address.bounced:
            await self._helpdesk.accounts.works_again(address.id)

    async def _record(self, unit: Unit, letter: Letter, prepared: Prepared, result: Result, proposed: int) -> None:
        now, row = self._helpdesk.clock.now(), letter.row
        too_large = letter.route.tell is Tell.TOO_LARGE
        dropped = prepared.dropped if result.state == DONE else ()
        evidence = Evidence(
            claim=msgspec.to_builtins(letter.claim),
            facts=msgspec.to_builtins(letter.known.facts),
            route=msgspec.to_builtins(letter.route),
            number=result.number or letter.known.facts.number,
            defects=letter.mail.defects,
            refusal=result.refusal,
            dropped=dropped,
            too_large=too_large,
            proposed=proposed,
            detail=result.detail,
        )
        keep = self._keep.waiting_days if result.state == WAITING else self._keep.raw_days
        changes: dict[Any, Any] = {
            Mail.state: result.state,
            Mail.outcome: result.outcome,
            Mail.evidence: evidence.stored(),
            Mail.ticket: result.ticket,
            Mail.message: result.message,
            Mail.person: letter.known.account.id if letter.known.account else None,
            Mail.sender: letter.claim.sender,
            Mail.subject: letter.mail.subject[:300],
            Mail.message_id: letter.mail.message_id,
            Mail.reason: None,
            Mail.processed_at: now,
            Mail.keep_until: now + keep * DAY,
        }
        await Mail.update(changes).where(Mail.id == row.id)
        event = MailSettled(state=result.state, outcome=result.outcome, ticket=result.ticket)
        recorded = await self._helpdesk.bus.record(unit, Subject("mail", row.id), event, actor=SYSTEM, origin=EMAIL)
        notice = await self._telling.notice(unit, letter, result, dropped=bool(dropped))
        if notice is not None and letter.addressee is not None:
            await self._helpdesk.bus.announce(unit, recorded, notice, [letter.addressee])


def _not_entitled(refused: NotEntitled) -> Result:
    answer = refused.verdict.answer
    refusal = Refusal.because(answer.text, answer.values, answer.next_step)
    return Result(state=REFUSED, outcome=answer.reason, refusal=refusal, detail=refused.rule)


def _key(letter: Letter) -> str:
    return f"mail:{letter.row.id}"


def _author(letter: Letter) -> Actor:
    """Return who writes: a person, or somebody who takes part without an account."""
    if letter.known.participant is not None:
        return Actor.participant(letter.known.participant)
    assert letter.known.account is not None, "who joins a ticket takes part in it"
    return Actor.of(letter.known.account.id)
