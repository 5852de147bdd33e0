"""The pages of the desk: what an agent reads and sends. Every change goes through the commands of tickets."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from helpdesk_core import (
    Assign,
    Changed,
    ChangeState,
    Helpdesk,
    Invalid,
    Note,
    NotFound,
    Refused,
    Reply,
    Writing,
)
from helpdesk_core.accounts import Role
from helpdesk_core.text import N_
from helpdesk_core.tickets import Action, Done, TicketView
from helpdesk_desk.queues import Queues, neighbours, queue_of
from helpdesk_desk.showing import entries, history, people_in
from helpdesk_desk.views import (
    ComposerView,
    CustomerView,
    EntitlementView,
    ListPage,
    TicketPage,
    agent_state,
)
from helpdesk_web.drafts import Brought
from helpdesk_web.routing import Access, Answer, Page, Redirect, Request, Route
from helpdesk_web.sentences import explained, sentence
from helpdesk_web.views import AuthorView, ChoiceView, FactView, FieldView, FormView, NoticeView, Tone

THEN = (("solved", N_("… and mark as solved")), ("waiting", N_("… and wait for the customer")))
NOBODY = "-"


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent sent, so that a form that comes back has lost nothing.

    Attributes:
        text: What was typed.
        brought: The files.
        error: What is wrong.
    """

    text: str = ""
    brought: Brought | None = None
    error: Invalid | Refused | None = None


class Pages:
    """The pages of one site's desk."""

    def __init__(self, helpdesk: Helpdesk, *, page_size: int) -> None:
        self._helpdesk = helpdesk
        self._queues = Queues(helpdesk, page_size)

    def routes(self) -> tuple[Route, ...]:
        """Return the routes."""
        agent = Access.AGENT
        return (
            Route(path="/desk", access=agent, get=self.list),
            Route(path="/desk/tickets/{number}", access=agent, get=self.ticket),
            Route(path="/desk/tickets/{number}/reply", access=agent, post=self.reply),
            Route(path="/desk/tickets/{number}/note", access=agent, post=self.note),
            Route(path="/desk/tickets/{number}/properties", access=agent, post=self.properties),
        )

    async def list(self, request: Request) -> Answer:
        """A list of tickets, or the ticket whose number was asked for."""
        notices: tuple[NoticeView, ...] = ()
        if asked := request.query.line("q"):
            if (number := await self._number(request, asked)) is not None:
                return Redirect(f"/desk/tickets/{number}")
            text = request.words.gettext("No ticket has the number %(number)s.", number=asked[:60])
            notices = (NoticeView(kind="info", text=text),)
        queue = queue_of(request.query.text("view"))
        after = request.query.text("after")
        view = ListPage(
            desk=await self._queues.frame(request.viewer, request.words, queue.code),
            queue=await self._queues.list(request.viewer, request.words, queue, after=after),
        )
        return Page(template="helpdesk_desk/list.html", view=view, notices=notices)

    async def ticket(self, request: Request) -> Answer:
        """One ticket, with the list it came from."""
        return await self._page(request, await self._view(request))

    async def reply(self, request: Request) -> Answer:
        """Send an answer; a new message since the agent looked is shown first."""
        ticket = await self._view(request)
        brought = await request.files()

        async def write() -> Done:
            seen = request.form.text("seen")
            return await self._helpdesk.tickets.reply(
                Reply(
                    actor=request.actor,
                    origin="desk",
                    once=request.form.once,
                    ticket=ticket.head.id,
                    writing=self._writing(request, brought),
                    status=request.form.text("then") or None,
                    seen=int(seen) if seen.isdecimal() else None,
                )
            )

        return await self._write(request, ticket, brought, write, note=False, said=N_("Your answer is on its way."))

    async def note(self, request: Request) -> Answer:
        """Keep a note."""
        ticket = await self._view(request)
        brought = await request.files()

        async def write() -> Done:
            return await self._helpdesk.tickets.note(
                Note(
                    actor=request.actor,
                    origin="desk",
                    once=request.form.once,
                    ticket=ticket.head.id,
                    writing=self._writing(request, brought),
                )
            )

        return await self._write(request, ticket, brought, write, note=True, said=N_("Your note is saved."))

    async def properties(self, request: Request) -> Answer:
        """Set the status and who is in charge."""
        ticket = await self._view(request)
        status, assignee = request.form.text("status"), request.form.text("assignee")
        try:
            if assignee and assignee != str(ticket.head.assignee or NOBODY):
                await self._helpdesk.tickets.assign(
                    Assign(
                        actor=request.actor,
                        origin="desk",
                        once=f"{request.form.once}:assignee",
                        ticket=ticket.head.id,
                        assignee=None if assignee == NOBODY else _key(assignee),
                    )
                )
            if status and status != ticket.head.status:
                await self._helpdesk.tickets.change_state(
                    ChangeState(
                        actor=request.actor,
                        origin="desk",
                        once=f"{request.form.once}:status",
                        ticket=ticket.head.id,
                        status=status,
                    )
                )
        except (Refused, Invalid) as error:
            notice = NoticeView(kind="danger", text=explained(request.words, error))
            return await self._page(request, ticket, status=422, notices=(notice,))
        return self._back(request, ticket, NoticeView(kind="ok", text=request.words.gettext("Saved.")))

    # --- the pieces -------------------------------------------------------------------------------------------------

    async def _number(self, request: Request, asked: str) -> str | None:
        """Return the ticket's number for what was typed: a whole number, or only its end within this period."""
        typed = asked.lstrip("# ")
        candidates = [typed]
        if typed.isdecimal() and len(typed) < 12:
            local = request.now.astimezone(self._helpdesk.site.zone)
            candidates.append(self._helpdesk.tickets.settings.number.text(int(typed), local))
        for candidate in candidates:
            if (head := await self._helpdesk.tickets.read.find(candidate)) is not None:
                return head.number
        return None

    async def _view(self, request: Request) -> TicketView:
        return await self._helpdesk.tickets.read.view(request.viewer, request.params["number"])

    def _writing(self, request: Request, brought: Brought) -> Writing:
        return Writing(text=request.form.text("text"), format="markdown", files=brought.new_files)

    async def _write(
        self,
        request: Request,
        ticket: TicketView,
        brought: Brought,
        write: Callable[[], Awaitable[Done]],
        *,
        note: bool,
        said: str,
    ) -> Answer:
        """Run a command that writes; whatever goes wrong, the text and the files are still in the form."""
        typed = Typed(text=request.form.text("text"), brought=brought)
        if brought.problem:
            wrong = Invalid("%(problem)s", field="files", problem=brought.problem)
            typed = msgspec.structs.replace(typed, error=wrong)
            return await self._page(request, ticket, composer=self._composer(request, ticket, typed, note=note))
        try:
            await write()
        except Changed as error:
            newer = await self._view(request)
            composer = self._composer(request, newer, typed, conflict=explained(request.words, error))
            return await self._page(request, newer, composer=composer, status=409)
        except (Invalid, Refused) as error:
            typed = msgspec.structs.replace(typed, error=error)
            composer = self._composer(request, ticket, typed, note=note)
            return await self._page(request, ticket, composer=composer, status=422)
        await request.arrived(brought)
        return self._back(request, ticket, NoticeView(kind="ok", text=request.words.gettext(said)))

    def _back(self, request: Request, ticket: TicketView, notice: NoticeView) -> Redirect:
        view = queue_of(request.query.text("view")).code
        return Redirect(f"/desk/tickets/{ticket.head.number}?view={view}", notice)

    async def _page(
        self,
        request: Request,
        ticket: TicketView,
        *,
        composer: ComposerView | None = None,
        status: int = 200,
        notices: tuple[NoticeView, ...] = (),
    ) -> Page:
        words, head, reader = request.words, ticket.head, request.account.id
        queue = queue_of(request.query.text("view"))
        rows = await self._queues.list(request.viewer, words, queue, current=head.number)
        people = await self._helpdesk.accounts.find_many(people_in(ticket))
        names = {key: account.name or account.email for key, account in people.items()}
        before, after = neighbours(rows.rows, head.number)
        view = TicketPage(
            desk=await self._queues.frame(request.viewer, words, queue.code),
            number=head.number,
            subject=head.subject,
            state=agent_state(head.status, words.gettext, words.pgettext),
            opened_at=head.opened_at,
            entries=entries(ticket, reader, words, names),
            queue=rows,
            assignee=AuthorView(name=head.assignee_name, side="own" if head.assignee == reader else "team")
            if head.assignee
            else None,
            composer=composer or self._composer(request, ticket),
            properties=await self._properties(request, ticket),
            customer=await self._customer(ticket),
            entitlement=await self._entitlement(request, ticket),
            facts=self._facts(request, ticket),
            history=history(ticket, words, names),
            panels=await request.panels("ticket", ticket),
            previous=before,
            next=after,
        )
        return Page(template="helpdesk_desk/ticket.html", view=view, status=status, notices=notices)

    def _composer(
        self,
        request: Request,
        ticket: TicketView,
        typed: Typed | None = None,
        *,
        conflict: str = "",
        note: bool = False,
    ) -> ComposerView:
        words = request.words
        # What was typed is shown only where it was typed: a note must never turn up in the answer.
        return ComposerView(
            reply=self._form(request, ticket, "reply", Typed() if note or typed is None else typed),
            note=self._form(request, ticket, "note", typed if note and typed is not None else Typed()),
            start="note" if note else "reply",
            to=(ticket.head.requester_name, *(one.name or one.address for one in ticket.participants)),
            then=tuple(ChoiceView(value=code, label=words.gettext(label)) for code, label in THEN),
            conflict=conflict,
        )

    def _form(self, request: Request, ticket: TicketView, name: str, typed: Typed) -> FormView:
        words, error = request.words, typed.error
        view = queue_of(request.query.text("view")).code
        field = error.field if error is not None else None
        said = explained(words, error) if error is not None else ""
        label = words.gettext("Your answer") if name == "reply" else words.gettext("Your note")
        return FormView(
            name=name,
            action=f"/desk/tickets/{ticket.head.number}/{name}?view={view}",
            draft=True,
            error=said if field not in {"text", "files"} else "",
            fields=(
                FieldView(name="seen", label="", type="hidden", value=str(ticket.head.sequence)),
                FieldView(
                    name="text",
                    label=label,
                    type="textarea",
                    value=typed.text,
                    error=said if field == "text" else "",
                    required=True,
                ),
                FieldView(
                    name="files",
                    label=words.gettext("Files"),
                    type="files",
                    kept=typed.brought.views if typed.brought else (),
                    error=said if field == "files" else "",
                ),
            ),
        )

    async def _properties(self, request: Request, ticket: TicketView) -> FormView | None:
        if Action.CHANGE_STATE not in ticket.actions:
            return None
        words, head = request.words, ticket.head
        codes = dict.fromkeys((head.status, "open", "waiting", "solved", "closed"))
        agents = await self._helpdesk.accounts.with_role(Role.AGENT, Role.ADMINISTRATOR)
        view = queue_of(request.query.text("view")).code
        return FormView(
            name="properties",
            action=f"/desk/tickets/{head.number}/properties?view={view}",
            fields=(
                FieldView(
                    name="status",
                    label=words.gettext("Status"),
                    type="select",
                    value=head.status,
                    choices=tuple(
                        ChoiceView(value=code, label=agent_state(code, words.gettext, words.pgettext).label)
                        for code in codes
                    ),
                ),
                FieldView(
                    name="assignee",
                    label=words.gettext("In charge"),
                    type="select",
                    value=str(head.assignee or NOBODY),
                    choices=(
                        ChoiceView(value=NOBODY, label=words.gettext("Nobody")),
                        *(ChoiceView(value=str(agent.id), label=agent.name or agent.email) for agent in agents),
                    ),
                ),
            ),
        )

    async def _customer(self, ticket: TicketView) -> CustomerView:
        account = await self._helpdesk.accounts.find(ticket.head.requester)
        return CustomerView(
            author=AuthorView(name=ticket.head.requester_name, side="other"),
            organisation=ticket.head.organisation_name,
            email=account.email if account is not None else "",
        )

    async def _entitlement(self, request: Request, ticket: TicketView) -> EntitlementView | None:
        """Return why the ticket was allowed, from the decision that was kept."""
        decisions = await self._helpdesk.tickets.read.decisions(ticket.head.id)
        if not decisions:
            return None
        decision, words = decisions[0], request.words
        kinds: dict[str, Tone] = {"grant": "ok", "review": "warn", "refuse": "danger"}
        texts = {
            "grant": N_("Entitled"),
            "review": N_("Please check the entitlement"),
            "refuse": N_("Not entitled"),
        }
        until = sentence(words, N_("until %(until)s"), {"until": decision.until}) if decision.until else ""
        text = words.gettext(texts[decision.outcome])
        return EntitlementView(
            kind=kinds[decision.outcome],
            text=f"{text} {until}".strip(),
        )

    def _facts(self, request: Request, ticket: TicketView) -> tuple[FactView, ...]:
        words = request.words
        kind = self._helpdesk.tickets.settings.kind(ticket.head.kind)
        facts = [
            FactView(label=words.gettext("Kind"), value=words.gettext(kind.label) if kind else ticket.head.kind),
            FactView(label=words.gettext("Opened"), at=ticket.head.opened_at),
        ]
        for field in self._helpdesk.tickets.fields:
            value = ticket.values.get(field.key)
            if value is not None:
                label = next((choice.label for choice in field.choices if choice.code == value), str(value))
                facts.append(FactView(label=words.gettext(field.label), value=words.gettext(label)))
        return tuple(facts)


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound(N_("There is no such person.")) from error
