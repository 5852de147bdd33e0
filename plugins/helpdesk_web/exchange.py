"""What a page's handler is given, and what it answers.

Small values of our own, so that no plugin needs to know the server behind them. Nothing here reads a socket or writes
one.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from helpdesk_core.accounts import Account
from helpdesk_core.bus import Actor
from helpdesk_core.text import Words
from helpdesk_core.tickets import Viewer
from helpdesk_web.sent import EMPTY, Form
from helpdesk_web.views import NoticeView, PanelView

if TYPE_CHECKING:
    from helpdesk_web.channel import WebChannel
    from helpdesk_web.drafts import Brought


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a page's handler is given.

    Attributes:
        method: `GET` (also for `HEAD`) or `POST`.
        path: The address on this site.
        params: What stands for the names in the route's path.
        query: What follows the question mark.
        form: What was posted.
        person: Who is signed in.
        session: Key of their session.
        words: Language and zone of the reader.
        now: The present.
        csrf: What the forms of the answer send as `csrf`.
        form_key: What the forms of the answer send as `form_key`.
        source: Block of network addresses that the request comes from, for limits.
        device: What the browser calls itself, in two words.
        channel: The web channel of the site; plugins use the methods below instead.
    """

    channel: "WebChannel"
    method: str
    path: str
    words: Words
    now: datetime
    source: str
    form_key: str
    csrf: str = ""
    params: Mapping[str, str] = {}
    query: Form = EMPTY
    form: Form = EMPTY
    person: Account | None = None
    session: UUID | None = None
    device: str = ""

    @property
    def account(self) -> Account:
        """Who is signed in; for routes whose access says that somebody is."""
        assert self.person is not None, "the access of this route lets strangers in"
        return self.person

    @property
    def actor(self) -> Actor:
        """Who is signed in, as commands want them."""
        return Actor.of(self.account.id)

    @property
    def viewer(self) -> Viewer:
        """Who is signed in, as the access policy wants them; a stranger sees nothing."""
        if self.person is None:
            return Viewer(active=False)
        return Viewer(
            person_id=self.person.id,
            agent=self.person.is_agent,
            confirmed=self.person.confirmed,
            active=self.person.can_sign_in,
        )

    async def files(self, field: str = "files") -> "Brought":
        """Keep the files that the form brought in a field, and return them with those kept before.

        Do it before anything can fail, and show `Brought.views` as `FieldView.kept` when the form comes back.
        """
        return await self.channel.drafts.receive(self.account.id, self.form, self.words, field)

    async def arrived(self, brought: "Brought") -> None:
        """Say that the form did what it should, so that its files need not be kept for it any more."""
        await self.channel.drafts.arrived(brought)

    async def panels(self, slot: str, subject: Any) -> tuple[PanelView, ...]:
        """Return what other plugins show in a slot of the page; one that fails is left out."""
        return await self.channel.frame.panels(slot, self, subject)


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A page of HTML.

    Attributes:
        template: Its name, `my_plugin/page.html`.
        view: What the template knows as `view`.
        status: HTTP status.
        notices: Sentences above the page.
        title: Replaces the template's own title.
        retry_after: Seconds until a new try makes sense, 0 for nothing said.
        frames: Whether the page shows other pages of this site in frames.
    """

    template: str
    view: object
    status: int = 200
    notices: tuple[NoticeView, ...] = ()
    title: str = ""
    retry_after: int = 0
    frames: bool = False


class Redirect(msgspec.Struct, frozen=True):
    """The way on after a form, or to where a thing is now.

    Attributes:
        path: An address on this site; anything else leads to the start page.
        notice: A sentence that the next page shows, once.
    """

    path: str
    notice: NoticeView | None = None


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """A file to be saved, or a picture to be shown.

    Attributes:
        name: Its cleaned name.
        content: Its bytes.
        picture: Whether it may be shown in place; holds only for PNG, JPEG, GIF and WebP, judged by the bytes.
    """

    name: str
    content: bytes
    picture: bool = False


class Sandboxed(msgspec.Struct, frozen=True):
    """Foreign HTML for a frame, such as a mail: it can run nothing, load nothing and reach nothing.

    Attributes:
        html: A whole document.
    """

    html: str


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Something for programs or for reading as it is.

    Attributes:
        content: The bytes.
        media_type: `application/json` or `text/plain`.
        status: HTTP status.
    """

    content: bytes
    media_type: str = "text/plain"
    status: int = 200


class Carried(msgspec.Struct, frozen=True):
    """A form that came after its session had run out, carried through the sign-in.

    Attributes:
        path: Where it was posted to.
        fields: Its fields, in order.
    """

    path: str
    fields: tuple[tuple[str, str], ...]


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a sign-in: a new session begins with this answer.

    Attributes:
        token: The new session's token, for its cookie alone.
        account: Who signed in.
        answer: What they see; a form that was carried is answered now.
    """

    token: str
    account: Account
    answer: Page | Redirect | Carried


class SignedOut(msgspec.Struct, frozen=True):
    """The end of a session.

    Attributes:
        path: The address on this site that comes next.
    """

    path: str = "/"


class Translated(msgspec.Struct, frozen=True):
    """The wish for another language, kept in a cookie.

    Attributes:
        language: Tag of the language.
        path: The address on this site that comes next.
    """

    language: str
    path: str


Answer = Page | Redirect | Download | Sandboxed | Data | SignedIn | SignedOut | Translated
