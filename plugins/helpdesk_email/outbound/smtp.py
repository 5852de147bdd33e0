"""Handing a mail to the site's mail server, so that afterwards everybody knows what became of it (RFC 5321).

The talk has a point of no return: the end of the mail. Everything before it is certain, and so is every answer after
it. Only silence after it is not, and is reported as such. The mark is committed before the server is asked to take
the mail, so that a crash later than that is known for what it is.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPRecipientRefused, SMTPResponseException, SMTPSenderRefused

from helpdesk_core.bus import Failed, Outcome, Parcel, Retry, Sent, Uncertain
from helpdesk_email.outbound.lines import Line, LineDown, Lines, Timeouts, described

Mark = Callable[[], Awaitable[None]]

_DOT: Final = re.compile(rb"(?m)^\.")
_GO_ON: Final = 354
_TOO_LARGE: Final = 552
_CLOSING: Final = 421


class Carrier(Protocol):
    """Takes mails out of the house."""

    async def carry(self, parcel: Parcel, mark: Mark, *, sender: str, recipient: str) -> Outcome:
        """Hand one mail on; see `Channel.send`.

        Args:
            parcel: The mail.
            mark: Awaited before the point of no return.
            sender: Envelope sender, in ASCII.
            recipient: Envelope recipient, in ASCII.
        """
        ...


class SmtpCarrier:
    """Takes mails to the site's mail server."""

    def __init__(self, lines: Lines, timeouts: Timeouts) -> None:
        self._lines = lines
        self._timeouts = timeouts

    async def carry(self, parcel: Parcel, mark: Mark, *, sender: str, recipient: str) -> Outcome:
        """Hand one mail on."""
        try:
            async with self._lines.line() as line:
                return await _Talk(line, self._timeouts).hand_over(parcel, mark, sender, recipient)
        except LineDown as down:
            return Retry(str(down), whole_channel=True)
        except _Dropped as dropped:
            return Retry(str(dropped))


class DemoCarrier:
    """Takes mails nowhere: what a demonstration sends is shown on a page and leaves the machine never."""

    async def carry(self, parcel: Parcel, mark: Mark, *, sender: str, recipient: str) -> Outcome:
        """Take the mail as if a server had."""
        del parcel, sender, recipient
        await mark()
        return Sent("demo: kept on this machine")


class _Dropped(Exception):
    """The line broke before the mail was begun."""


class _Talk:
    """The talk about one mail over one line."""

    def __init__(self, line: Line, timeouts: Timeouts) -> None:
        self._line = line
        self._client: SMTP = line.client
        self._timeouts = timeouts

    async def hand_over(self, parcel: Parcel, mark: Mark, sender: str, recipient: str) -> Outcome:
        refused = await self._envelope(sender, recipient, len(parcel.content))
        if refused is not None:
            return refused
        await mark()
        refused = await self._begin_data()
        if refused is not None:
            return refused
        return await self._send_content(parcel.content)

    async def _envelope(self, sender: str, recipient: str, size: int) -> Outcome | None:
        """Say from whom and to whom; None when the server agrees."""
        options = [f"SIZE={size}"] if self._client.supports_extension("size") else []
        try:
            await self._client.mail(sender, options=options)
            await self._client.rcpt(recipient)
        except (SMTPSenderRefused, SMTPRecipientRefused) as error:
            return await self._refusal(error, about_sender=isinstance(error, SMTPSenderRefused))
        except SMTPException as error:
            raise _Dropped(described(error)) from error
        return None

    async def _refusal(self, error: SMTPResponseException, *, about_sender: bool) -> Outcome:
        reason = described(error)
        if not 400 <= error.code <= 599:
            raise _Dropped(reason) from error
        if error.code == _CLOSING:
            self._client.close()
            return Retry(reason)
        await self._reset()
        if error.code < 500:
            return Retry(reason)
        if about_sender and error.code != _TOO_LARGE:
            # Not this mail is wrong but our right to send: the next one would fare no better.
            return Retry(f"the server refuses our address: {reason}", whole_channel=True)
        return Failed(reason)

    async def _begin_data(self) -> Outcome | None:
        """Ask the server to take the mail; nothing of it has been sent when it says no."""
        try:
            answer = await self._client.execute_command(b"DATA")
        except SMTPException as error:
            self._client.close()
            return Retry(described(error))
        if answer.code == _GO_ON:
            return None
        reason = f"{answer.code} {' '.join(answer.message.split())}"
        if 500 <= answer.code <= 599:
            await self._reset()
            return Failed(reason)
        self._client.close()
        return Retry(reason)

    async def _send_content(self, content: bytes) -> Outcome:
        """Send the mail and its end. From here on only an answer tells what became of it."""
        protocol = self._client.protocol
        try:
            if protocol is None:
                raise ConnectionError("the line was closed")  # noqa: TRY301 - the same ending as any broken line
            protocol.write(_DOT.sub(b"..", content) + b".\r\n")
            answer = await protocol.read_response(timeout=self._timeouts.final)
        except (SMTPException, OSError) as error:
            self._client.close()
            return Uncertain(f"the line broke while the server took the mail: {described(error)}")
        except BaseException:
            self._client.close()
            raise
        self._line.sent += 1
        reason = f"{answer.code} {' '.join(answer.message.split())}"[:500]
        if 200 <= answer.code <= 299:
            return Sent(reason)
        if answer.code == _CLOSING:
            self._client.close()
        if 400 <= answer.code <= 499:
            return Retry(reason)
        if 500 <= answer.code <= 599:
            return Failed(reason)
        self._client.close()
        return Uncertain(f"the server answered what no server says: {reason}")

    async def _reset(self) -> None:
        """Make the line clean for the next mail, or close it."""
        try:
            await self._client.rset()
        except SMTPException:
            self._client.close()
