"""The plugin `Email`: customers write mails and get mails; everything else is done by the modules beside it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from helpdesk_core import (
    N_,
    Check,
    ConfigurationError,
    Event,
    HealthCheck,
    Helpdesk,
    Job,
    Notice,
    Plugin,
    Refuse,
    Service,
    Subscriber,
    hookimpl,
    on,
)
from helpdesk_core.accounts import AddressProven, CreateAccount, PersonCreated, PersonRegistered, Register
from helpdesk_core.bus import Channel
from helpdesk_email.events import MailReleased, MailSettled
from helpdesk_email.notices import NOTICES
from helpdesk_email.settings import Imap, Keep, Limits, Mailbox, Method, Smtp

if TYPE_CHECKING:
    from helpdesk_email.intake import Intake
    from helpdesk_web.routing import Route

__all__ = ["Email", "Imap", "Keep", "Limits", "Mailbox", "Smtp"]


class Email(Plugin):
    """The e-mail channel.

    Attributes:
        mailboxes: The site's addresses; mails go out from the first unless somebody wrote to another.
        send: The server that takes over what we send.
        sender_name: Stands beside the address; the name of the site when empty.
        threading: How a mail finds its ticket, the first way that names one counts.
        marker: Whether mails that can be answered begin with the line above which to answer.
        register_hint: Whether unknown senders are told how to register.
        limits: What a mail may bring, and how often.
        keep: How long mails are kept.
    """

    mailboxes: tuple[Mailbox, ...]
    send: Smtp
    sender_name: str = ""
    threading: tuple[Method, ...] = ("subject",)
    marker: bool = True
    register_hint: bool = True
    limits: Limits = Limits()
    keep: Keep = Keep()

    def validate(self) -> None:
        """Refuse a channel without an address, an address twice, and ways to find a ticket that cannot work."""
        if not self.mailboxes:
            raise ConfigurationError("Email.mailboxes is empty; name at least one, like Mailbox(address='support@…')")
        names = [mailbox.canonical for mailbox in self.mailboxes]
        if len(names) != len(set(names)):
            raise ConfigurationError("Email.mailboxes names an address twice")
        if not self.threading or len(self.threading) != len(set(self.threading)):
            raise ConfigurationError("Email.threading names each way once, and at least one: ('subject',)")
        if "address" in self.threading and not any(mailbox.plus for mailbox in self.mailboxes):
            raise ConfigurationError("Email.threading names 'address', but no mailbox has plus=True")

    @hookimpl
    def helpdesk_events(self) -> Sequence[type[Event]]:
        """What can happen to mail."""
        return [MailSettled, MailReleased]

    @hookimpl
    def helpdesk_notices(self) -> Sequence[type[Notice]]:
        """What people are told about their mails."""
        return NOTICES

    @hookimpl
    def helpdesk_channels(self, helpdesk: Helpdesk) -> Sequence[Channel]:
        """Mail to people; in a demonstration it stays on the machine."""
        from helpdesk_email.channel import EmailChannel
        from helpdesk_email.outbound.building import Builder
        from helpdesk_email.outbound.lines import Lines, Timeouts
        from helpdesk_email.outbound.smtp import Carrier, DemoCarrier, SmtpCarrier

        site, timeouts = helpdesk.site, Timeouts(step=self.send.timeout)
        lines = Lines(self.send, site.host, timeouts)
        carrier: Carrier = DemoCarrier() if helpdesk.demo else SmtpCarrier(lines, timeouts)
        builder = Builder(
            helpdesk.clock,
            helpdesk.files,
            helpdesk.texts,
            sender_name=self.sender_name or site.name,
            list_host=site.host,
            marker=self.marker,
            outgoing_bytes=self.limits.outgoing_bytes,
        )
        return [EmailChannel(helpdesk.database, builder, carrier, self.mailboxes)]

    @hookimpl
    def helpdesk_services(self, helpdesk: Helpdesk) -> Sequence[Service]:
        """What handles mail that came, and one reader for each mailbox."""
        from helpdesk_email.inbound.poller import Poller

        intake = self._intake(helpdesk)
        helpdesk.intake = intake.deliver
        handling = Service(name="helpdesk_email.intake", run=intake.processor.run)
        readers = [
            Service(
                name=f"helpdesk_email.mailbox.{mailbox.canonical}",
                run=Poller(helpdesk, intake.journal, mailbox.canonical, settings, largest=self.limits.mail_bytes).run,
                single=True,
            )
            for mailbox in self._read(helpdesk)
            if (settings := mailbox.receive) is not None
        ]
        return [handling, *readers]

    @hookimpl
    def helpdesk_subscribers(self, helpdesk: Helpdesk) -> Sequence[Subscriber]:
        """Let the mails of somebody go who is known from now on."""
        release = self._intake(helpdesk).releasing.of_person
        reactions = (on(PersonRegistered, release), on(PersonCreated, release), on(AddressProven, release))
        return [Subscriber(name="helpdesk_email.waiting", reactions=reactions)]

    @hookimpl
    def helpdesk_checks(self, helpdesk: Helpdesk) -> Sequence[Check]:
        """The site's own mailboxes are nobody's account: mail to them would answer itself."""
        del helpdesk
        own = {mailbox.canonical for mailbox in self.mailboxes}

        async def is_own(command: Register | CreateAccount) -> Refuse | None:
            from helpdesk_email.inbound.identify import canonical, without_tag

            if without_tag(canonical(command.email)) not in own:
                return None
            return Refuse(reason=N_("This is an address of ours. Please enter your own e-mail address."), field="email")

        return [
            Check(name="helpdesk_email.own_mailbox_registers", command=Register, ask=is_own),
            Check(name="helpdesk_email.own_mailbox_as_account", command=CreateAccount, ask=is_own),
        ]

    @hookimpl
    def helpdesk_jobs(self, helpdesk: Helpdesk) -> Sequence[Job]:
        """Old mails are let go, and mails whose senders are known by now."""
        from helpdesk_email.retention import Retention

        releasing = self._intake(helpdesk).releasing

        async def release() -> None:
            await releasing.of_everybody()

        return [
            Job(name="helpdesk_email.retention", every=timedelta(hours=1), run=Retention(helpdesk).sweep),
            Job(name="helpdesk_email.waiting", every=timedelta(hours=1), run=release),
        ]

    @hookimpl
    def helpdesk_health_checks(self, helpdesk: Helpdesk) -> Sequence[HealthCheck]:
        """Whether mail comes in and goes out."""
        from helpdesk_email.health import Health

        health = Health(helpdesk, self._read(helpdesk))
        return [
            HealthCheck(name="helpdesk_email.mailboxes", ask=health.mailboxes),
            HealthCheck(name="helpdesk_email.waiting", ask=health.waiting),
            HealthCheck(name="helpdesk_email.sending", ask=health.sending),
        ]

    @hookimpl
    def helpdesk_commands(self, helpdesk: Helpdesk) -> Sequence[click.Command]:
        """`helpdesk mail`."""
        from helpdesk_email.commands import mail_group

        del helpdesk
        return [mail_group(self._intake)]

    @hookimpl(of="helpdesk_web")
    def helpdesk_web_routes(self, helpdesk: Helpdesk) -> "Sequence[Route]":
        """The page on which somebody says that a mail is theirs."""
        from helpdesk_email.pages import routes

        return routes(self._intake(helpdesk).releasing)

    def _intake(self, helpdesk: Helpdesk) -> "Intake":
        from helpdesk_email.intake import Intake

        return Intake(
            helpdesk,
            self.mailboxes,
            threading=self.threading,
            limits=self.limits,
            keep=self.keep,
            register_hint=self.register_hint,
            asks=any(plugin.name == "helpdesk_web" for plugin in helpdesk.site.plugins),
        )

    def _read(self, helpdesk: Helpdesk) -> tuple[Mailbox, ...]:
        """Return the mailboxes that this site reads itself; a demonstration reads none."""
        if helpdesk.demo:
            return ()
        return tuple(mailbox for mailbox in self.mailboxes if mailbox.receive is not None and mailbox.receive.host)
