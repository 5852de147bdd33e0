"""What a contract says on the pages of others: beside the customer's account, and beside a ticket for agents.

Types of the web channel are imported here and nowhere else in this plugin: a site without one never loads this file.
"""

from datetime import date
from typing import Any, Final

import msgspec

from helpdesk_contracts.contract import Contract
from helpdesk_contracts.register import Register
from helpdesk_core import N_, Helpdesk, Invalid, NotFound
from helpdesk_core.accounts import PRODUCT, Account
from helpdesk_core.text import Words
from helpdesk_core.tickets import Answer, TicketView
from helpdesk_web.redirects import own_path
from helpdesk_web.routing import Access, Panel, Redirect, Request, Route
from helpdesk_web.sentences import sentence
from helpdesk_web.views import NoticeView, Tone

EXCEPTIONS: Final = "/contracts/exceptions"
MEMBERSHIPS: Final = "/contracts/memberships"

TONES: Final[dict[str, Tone]] = {"grant": "ok", "review": "warn", "abstain": "danger"}

FOR_AGENTS: Final = {
    "contract": N_("Support contract until %(until)s."),
    "trial": N_("Trial period until %(until)s."),
    "exception": N_("Support agreed until %(until)s."),
    "claim-in-use": N_(
        "The customer names an organisation that has a contract or a trial. Nobody has confirmed it yet."
    ),
    "begins-later": N_("The support contract begins on %(first)s."),
    "other-product": N_("The support contract does not cover this product."),
    "contract-ended": N_("The support contract ended on %(until)s."),
    "trial-ended": N_("The trial period ended on %(until)s."),
    "exception-ended": N_("The agreed support ended on %(until)s."),
    "no-contract": N_("The customer has no support contract."),
}
"""The one sentence for each reason that `rules` gives."""

STEPS: Final = {
    "review": N_("Please check it: confirm that the customer belongs there, or allow an exception."),
    "abstain": N_("You can allow an exception; offers are made at %(offers)s."),
}


class Confirmable(msgspec.Struct, frozen=True):
    """An organisation that the customer may belong to.

    Attributes:
        key: Its key.
        name: Its name, with its customer number.
    """

    key: str
    name: str


class ContractView(msgspec.Struct, frozen=True, kw_only=True):
    """What the panel's template is given.

    Attributes:
        tone: `ok`, `warn` or `danger`.
        text: What was found.
        step: What to do next, may be empty.
        ticket: Number of the ticket, for the forms of agents; empty for customers.
        allow: Whether an exception can be allowed here.
        confirmable: Organisations that can be confirmed here.
        csrf: What the forms send.
        form_key: What the forms send.
        back: Where the forms lead back to.
    """

    tone: Tone
    text: str
    step: str = ""
    ticket: str = ""
    allow: bool = False
    confirmable: tuple[Confirmable, ...] = ()
    csrf: str = ""
    form_key: str = ""
    back: str = ""


class Panels:
    """The panels of one site, and where their forms arrive."""

    def __init__(self, helpdesk: Helpdesk, register: Register) -> None:
        self._helpdesk = helpdesk
        self._register = register

    def panels(self) -> tuple[Panel, ...]:
        """Return what stands on the pages of others."""
        template = "helpdesk_contracts/panel.html"
        return (
            Panel(
                name="helpdesk_contracts.account",
                slot="account",
                label=N_("Support contract"),
                see=Access.SIGNED_IN,
                template=template,
                load=self._for_customer,
            ),
            Panel(
                name="helpdesk_contracts.ticket",
                slot="ticket",
                label=N_("Support contract"),
                see=Access.AGENT,
                template=template,
                load=self._for_agent,
            ),
        )

    def routes(self) -> tuple[Route, ...]:
        """Return where the forms of the agents' panel arrive."""
        return (
            Route(path=EXCEPTIONS, access=Access.AGENT, post=self._allow),
            Route(path=MEMBERSHIPS, access=Access.AGENT, post=self._confirm),
        )

    async def _for_customer(self, request: Request, account: Account) -> ContractView | None:
        """Return what customers read about themselves; agents need no contract."""
        if account.is_agent:
            return None
        answer = await self._register.answer(account.id)
        words = request.words
        step = sentence(words, answer.next_step, answer.values) if answer.next_step else ""
        return ContractView(tone=TONES[answer.outcome], text=sentence(words, answer.text, answer.values), step=step)

    async def _for_agent(self, request: Request, ticket: TicketView) -> ContractView:
        """Return what agents read about the customer of a ticket, as things are today."""
        requester = ticket.head.requester
        answer = await self._register.answer(requester, ticket.values.get(PRODUCT))
        _, claim = await self._register.claim(requester)
        review = answer.outcome == "review"
        return ContractView(
            tone=TONES[answer.outcome],
            **_sentences(request.words, answer, self._register.terms.offers),
            ticket=ticket.head.number,
            allow=answer.outcome != "grant",
            confirmable=tuple(
                Confirmable(str(each.id), ", ".join(filter(None, (each.name, each.customer_number))))
                for each in claim.known
                if review
            ),
            csrf=request.csrf,
            form_key=request.form_key,
            back=request.path,
        )

    async def _allow(self, request: Request) -> Redirect:
        """Let the customer of a ticket have support until a day, whatever the contracts say."""
        ticket, form = await self._ticket(request), request.form
        try:
            contract = Contract(
                person=ticket.head.requester,
                product=ticket.values.get(PRODUCT),
                first=self._register.today(),
                last=_day(form.line("until")),
                kind="exception",
                source_key=f"desk:{form.once}",
                note=form.text("note").strip() or None,
            )
            entered = await self._register.grant(contract, request.actor, origin="desk")
        except Invalid as wrong:
            return _back(request, NoticeView(kind="danger", text=sentence(request.words, wrong.message, wrong.values)))
        text = sentence(request.words, N_("The customer has support until %(until)s."), {"until": entered.last})
        return _back(request, NoticeView(kind="ok", text=text))

    async def _confirm(self, request: Request) -> Redirect:
        """Say that the customer of a ticket belongs to the organisation they typed."""
        ticket = await self._ticket(request)
        _, claim = await self._register.claim(ticket.head.requester)
        chosen = request.form.line("organisation")
        organisation = next((each for each in claim.known if str(each.id) == chosen), None)
        if organisation is None:
            raise NotFound(N_("There is no such organisation."))
        today = self._register.today()
        accounts = self._helpdesk.accounts
        belongs = {each.organisation for each in await accounts.memberships(ticket.head.requester, today)}
        if organisation.id not in belongs:
            await accounts.grant_membership(request.actor, ticket.head.requester, organisation.id, origin="desk")
        text = sentence(
            request.words, N_("The customer now belongs to %(organisation)s."), {"organisation": organisation.name}
        )
        return _back(request, NoticeView(kind="ok", text=text))

    async def _ticket(self, request: Request) -> TicketView:
        return await self._helpdesk.tickets.read.view(request.viewer, request.form.line("ticket"))


def _sentences(words: Words, answer: Answer, offers: str) -> dict[str, Any]:
    step = STEPS.get(answer.outcome, "")
    return {
        "text": sentence(words, FOR_AGENTS[answer.reason], answer.values),
        "step": sentence(words, step, {"offers": offers}) if step else "",
    }


def _day(text: str) -> date:
    """Return the day of a field of type `date`.

    Raises:
        Invalid: It is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(N_("Please choose a day."), field="until") from error


def _back(request: Request, notice: NoticeView) -> Redirect:
    return Redirect(own_path(request.form.line("back")), notice)
