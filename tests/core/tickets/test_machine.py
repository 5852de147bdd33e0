"""Any order of what customers, participants, strangers and agents may try, against the promise in `promise.py`.

After every step the rows are compared with the promise, and at the end of each run every page, list, count, history and
mail of everybody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from helpdesk_core.bus import Actor
from helpdesk_core.checks import Refuse
from helpdesk_core.db import uuid7
from helpdesk_core.errors import Forbidden, HelpdeskError, Invalid, NotFound, Refused
from helpdesk_core.fields import put
from helpdesk_core.tickets import Assign, ChangeState, Done, Note, OpenTicket, PutValues, Reply, Writing
from helpdesk_core.tickets.commands import Command
from tests.core.tickets.promise import BY_AGENTS, Matter, Part, Somebody
from tests.core.tickets.world import COLOUR, REMARK, WEIGHT, World

NAMES = ("karin", "emre", "jana")
OWNER = "owner"
"""Stands for the requester, so that not nearly everything is tried by strangers."""

CUSTOMERS = st.sampled_from([OWNER, OWNER, *NAMES])
AGENTS = st.sampled_from(["anna", "paul"])
ANYBODY = st.one_of(AGENTS, CUSTOMERS)
ORIGINS = st.sampled_from(["web", "email"])
STATUSES = st.sampled_from(["new", *sorted(BY_AGENTS)])


@dataclass
class Sent:
    """A command that succeeded, and what came of it."""

    matter: Matter
    who: Somebody | Part
    command: Command
    done: Done


class TicketMachine(RuleBasedStateMachine):
    matters = Bundle("matters")
    new_world: ClassVar[Callable[[], World]]

    def __init__(self) -> None:
        super().__init__()
        self.world = type(self).new_world()
        self.words = (f"word{number}" for number in count(100))
        self.sent: list[Sent] = []

    def teardown(self) -> None:
        try:
            self.world.run(self.world.look_at_mails())
            self.world.run(self.world.look_at_pages())
        finally:
            self.world.close()

    # --- how a command is given ---------------------------------------------------------------------------------

    def give(self, matter: Matter, who: Somebody | Part, command: Command, wrong: type[HelpdeskError] | None) -> bool:
        """Give a command and tell whether it succeeded, as it should when nothing is wrong."""
        if wrong is not None:
            with pytest.raises(wrong):
                self.world.command(command)
            self.check(matter)
            return False
        self.sent.append(Sent(matter, who, command, self.world.command(command)))
        return True

    def who(self, matter: Matter, name: str) -> Somebody:
        return matter.requester if name == OWNER else self.world.people[name]

    def check(self, matter: Matter) -> None:
        self.world.run(self.world.look_at_rows(matter))

    def common(self, who: Somebody | Part, origin: str) -> dict[str, Any]:
        actor = Actor.of(who.id) if isinstance(who, Somebody) else Actor.participant(who.id)
        return {"actor": actor, "origin": origin, "once": self.world.desk.once()}

    def shut_out(self, matter: Matter, who: Somebody, origin: str = "web") -> type[HelpdeskError] | None:
        """Return how somebody is turned away who may not know of a matter; by mail one writes unconfirmed, too."""
        as_confirmed = Somebody(who.id, who.agent, who.confirmed or origin == "email")
        if who is matter.requester:
            return None if as_confirmed.confirmed or not matter.hidden else NotFound
        return None if matter.sees(as_confirmed) else NotFound

    # --- what may happen ----------------------------------------------------------------------------------------

    @initialize(target=matters, name=st.sampled_from(NAMES), origin=ORIGINS)
    def first(self, name: str, origin: str) -> Matter:
        return self.open_one(name, origin)

    @precondition(lambda self: len(self.world.matters) < 3)
    @rule(target=matters, name=st.sampled_from([*NAMES, "anna"]), origin=st.sampled_from(["web", "email", "desk"]))
    def open(self, name: str, origin: str) -> Matter:
        return self.open_one(name, origin)

    def open_one(self, name: str, origin: str) -> Matter:
        who, word = self.world.people[name], next(self.words)
        hidden = origin == "email" and not who.confirmed
        giver = self.world.people["paul"] if origin == "desk" else who
        command = OpenTicket(
            **self.common(giver, origin),
            requester=who.id,
            subject="It does not print",
            writing=Writing(text=word, needs_confirmation=hidden),
            needs_confirmation=hidden,
        )
        done = self.world.command(command)
        assert done.number not in {each.number for each in self.world.matters}
        matter = Matter(done.ticket, done.number, who, hidden)
        matter.opened(word, hidden=hidden)
        self.world.matters.append(matter)
        self.sent.append(Sent(matter, giver, command, done))
        self.check(matter)
        return matter

    @rule(matter=matters, name=CUSTOMERS, origin=ORIGINS, solved=st.booleans())
    def reply(self, matter: Matter, name: str, origin: str, solved: bool) -> None:  # noqa: FBT001 - as hypothesis calls
        who, word = self.who(matter, name), next(self.words)
        hidden = origin == "email" and not who.confirmed
        writing = Writing(text=word, needs_confirmation=hidden)
        command = Reply(
            **self.common(who, origin), ticket=matter.id, writing=writing, status="solved" if solved else None
        )
        if self.give(matter, who, command, self.shut_out(matter, who, origin)):
            matter.customer_wrote(who.id, word, solved=solved, hidden=hidden)
            self.check(matter)

    @precondition(lambda self: any(part.who is None for each in self.world.matters for part in each.parts))
    @rule(data=st.data())
    def reply_without_account(self, data: st.DataObject) -> None:
        bare = [(each, part) for each in self.world.matters for part in each.parts if part.who is None]
        matter, part = data.draw(st.sampled_from(bare))
        word = next(self.words)
        command = Reply(**self.common(part, "email"), ticket=matter.id, writing=Writing(text=word))
        if self.give(matter, part, command, None if part.state == "active" else NotFound):
            matter.customer_wrote(part.id, word)
            self.check(matter)

    @rule(matter=matters, name=AGENTS, status=st.one_of(st.none(), STATUSES))
    def answer(self, matter: Matter, name: str, status: str | None) -> None:
        who, word = self.world.people[name], next(self.words)
        command = Reply(**self.common(who, "desk"), ticket=matter.id, writing=Writing(text=word), status=status)
        wrong = Refused if status == "new" and matter.status != "new" else None
        if self.give(matter, who, command, wrong):
            matter.agent_answered(who, word, None if status == "new" else status)
            self.check(matter)

    @precondition(lambda self: any(each.requester.agent for each in self.world.matters))
    @rule()
    def an_agent_is_a_customer_too(self) -> None:
        matter = next(each for each in self.world.matters if each.requester.agent)
        who, word = matter.requester, next(self.words)
        command = Reply(**self.common(who, "web"), ticket=matter.id, writing=Writing(text=word))
        if self.give(matter, who, command, None):
            matter.customer_wrote(who.id, word)
            self.check(matter)

    @rule(matter=matters, name=ANYBODY)
    def note(self, matter: Matter, name: str) -> None:
        who, word = self.who(matter, name), next(self.words)
        command = Note(**self.common(who, "desk"), ticket=matter.id, writing=Writing(text=word))
        wrong = self.shut_out(matter, who) or (None if who.agent else Forbidden)
        if self.give(matter, who, command, wrong):
            matter.noted(who, word)
            self.check(matter)

    @rule(matter=matters, name=ANYBODY, status=STATUSES)
    def set_status(self, matter: Matter, name: str, status: str) -> None:
        who = self.who(matter, name)
        command = ChangeState(**self.common(who, "desk" if who.agent else "web"), ticket=matter.id, status=status)
        over = matter.status in {"solved", "closed"}
        choices = BY_AGENTS if who.agent else {"open"} if over else {"solved"}
        wrong = self.shut_out(matter, who) or (None if status in {*choices, matter.status} else Refused)
        if self.give(matter, who, command, wrong):
            matter.status_set(status)
            self.check(matter)

    @rule(matter=matters, name=ANYBODY, to=st.one_of(st.none(), ANYBODY))
    def assign(self, matter: Matter, name: str, to: str | None) -> None:
        who, agent = self.who(matter, name), self.who(matter, to) if to else None
        command = Assign(**self.common(who, "desk"), ticket=matter.id, assignee=agent.id if agent else None)
        wrong = self.shut_out(matter, who) or (None if who.agent else Forbidden)
        if self.give(matter, who, command, wrong or (Invalid if agent and not agent.agent else None)):
            matter.assigned(agent, by=who)
            self.check(matter)

    @rule(
        matter=matters,
        name=ANYBODY,
        change=st.one_of(
            st.sampled_from(["red", "blue", "pink", None]).map(lambda value: put(COLOUR, value)),
            st.sampled_from([put(REMARK, "secret"), put(WEIGHT, 2.5)]),
        ),
    )
    def put_value(self, matter: Matter, name: str, change: Any) -> None:
        who, key = self.who(matter, name), change.key.name
        command = PutValues(**self.common(who, "desk" if who.agent else "web"), ticket=matter.id, values=(change,))
        may = key == "colour" or (key == "remark" and who.agent)
        wrong = self.shut_out(matter, who) or (None if may and change.value != "pink" else Invalid)
        if self.give(matter, who, command, wrong):
            matter.put(key, change.value)
            self.check(matter)

    @rule(matter=matters, name=st.sampled_from([None, *NAMES]), state=st.sampled_from(["proposed", "active"]))
    def join(self, matter: Matter, name: str | None, state: str) -> None:
        who = self.world.people[name] if name else None
        if who is matter.requester or (who and any(part.who is who and part.state != "left" for part in matter.parts)):
            return
        part = Part(uuid7(), who, matter.sequence + 1, state)
        self.world.run(self.world.add_part(matter, part))

    @rule(matter=matters, state=st.sampled_from(["active", "left"]), data=st.data())
    def move_part(self, matter: Matter, state: str, data: st.DataObject) -> None:
        if parts := [part for part in matter.parts if part.state != "left"]:
            self.world.run(self.world.move_part(matter, data.draw(st.sampled_from(parts)), state))

    @rule()
    def confirm(self) -> None:
        self.world.run(self.world.confirm("jana"))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        sent = data.draw(st.sampled_from(self.sent))
        wrong: type[HelpdeskError] | None
        if isinstance(sent.who, Part):
            wrong = None if sent.who.state == "active" else NotFound
        else:
            wrong = self.shut_out(sent.matter, sent.who, sent.command.origin)
        if wrong is None or isinstance(sent.command, OpenTicket):
            assert self.world.command(sent.command) == sent.done
        else:
            with pytest.raises(wrong):
                self.world.command(sent.command)
        self.check(sent.matter)

    @rule(matter=matters, mood=st.sampled_from([Refuse("Not today."), RuntimeError("broken")]))
    def a_check_says_no(self, matter: Matter, mood: Refuse | RuntimeError) -> None:
        command = Reply(
            **self.common(self.world.people["anna"], "desk"), ticket=matter.id, writing=Writing(text=next(self.words))
        )
        self.world.mood = mood
        with pytest.raises(Refused) as refused:
            self.world.command(command)
        self.world.mood = None
        assert refused.value.temporary == isinstance(mood, RuntimeError)
        self.check(matter)

    @rule()
    def deliver(self) -> None:
        self.world.run(self.world.look_at_mails())

    @rule()
    def look(self) -> None:
        self.world.run(self.world.look_at_pages())


def run(new_world: Callable[[], World], *, examples: int, steps: int) -> None:
    class Machine(TicketMachine):
        pass

    Machine.new_world = new_world
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_whatever_people_do_with_tickets_the_promise_holds(new_world: Callable[[], World]):
    run(new_world, examples=12, steps=30)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_whatever_people_do_with_tickets_for_long_the_promise_holds(new_world: Callable[[], World]):
    run(new_world, examples=150, steps=40)
