"""What a page of the customers' web channel is given to show: one small, typed, frozen value a page.

A page's handler builds exactly one of the `…Page` structs and renders the template named in its docstring with it
as `view`, beside the globals of every page (`site: SiteView`, `page: PageView`, `words`, `asset`, `now`, gettext).
Values arrive ready to be shown: instants are aware `datetime`s (templates phrase them through `words`), labels of
forms are translated, addresses (`href`, `action`) are paths on this site. A `str` is escaped; only a value of type
`Markup` is taken as HTML, and whoever builds one has sanitised it.

Nothing here reads a database, knows a route, or decides who may see what: what is not in a view is not shown.
"""

from helpdesk_web.views.forms import (
    ChoiceView,
    FieldError,
    FieldType,
    FieldView,
    FileView,
    FormView,
)
from helpdesk_web.views.frame import (
    FactView,
    LinkView,
    NoticeView,
    PagesView,
    PageView,
    PanelView,
    PersonView,
    SiteView,
    TabView,
    Tone,
)
from helpdesk_web.views.pages import (
    AccountPage,
    ConfirmDonePage,
    ConfirmPage,
    ErrorPage,
    ForgotPage,
    HelpPage,
    LoginPage,
    MaintenancePage,
    RegisteredPage,
    RegisterPage,
    ResetPage,
    SessionView,
    StartPage,
    TicketNewPage,
    TicketPage,
    TicketsPage,
)
from helpdesk_web.views.tickets import (
    AuthorView,
    EventView,
    MessageView,
    StateView,
    TextPart,
    TicketRow,
    customer_state,
)

__all__ = [
    "AccountPage",
    "AuthorView",
    "ChoiceView",
    "ConfirmDonePage",
    "ConfirmPage",
    "ErrorPage",
    "EventView",
    "FactView",
    "FieldError",
    "FieldType",
    "FieldView",
    "FileView",
    "ForgotPage",
    "FormView",
    "HelpPage",
    "LinkView",
    "LoginPage",
    "MaintenancePage",
    "MessageView",
    "NoticeView",
    "PageView",
    "PagesView",
    "PanelView",
    "PersonView",
    "RegisterPage",
    "RegisteredPage",
    "ResetPage",
    "SessionView",
    "SiteView",
    "StartPage",
    "StateView",
    "TabView",
    "TextPart",
    "TicketNewPage",
    "TicketPage",
    "TicketRow",
    "TicketsPage",
    "Tone",
    "customer_state",
]
