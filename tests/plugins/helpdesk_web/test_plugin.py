"""The plugin as a site names it: its settings, what it loads, and how it refuses what does not fit."""

import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk_core import ConfigurationError, Helpdesk, Plugin
from helpdesk_core.testing.channels import RecordingChannel
from helpdesk_web import colours
from helpdesk_web.plugin import Contact, FooterLink, Lifetimes, Registration, Web
from helpdesk_web.routing import Access, Page, Request
from helpdesk_web.visitors import device_of, source_of
from tests.plugins.helpdesk_web.world import WEB, Build, Postbox, World, site

HEAVY = ("litestar", "uvicorn", "multipart", "helpdesk_web.app", "helpdesk_web.dispatch")


def loaded_after(code: str) -> list[str]:
    program = f"import sys\n{code}\nprint([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return list(eval(done.stdout))


def test_naming_the_plugin_loads_no_server():
    assert loaded_after("import helpdesk_web.plugin, helpdesk_web.hookspecs") == []


def test_building_a_site_loads_no_server():
    code = (
        "from helpdesk_core import Helpdesk, Kind, Site, Tickets\n"
        "from helpdesk_web.plugin import Web\n"
        "site = Site(name='S', url='http://127.0.0.1:1', language='en', tickets=Tickets(kinds=(Kind('a', 'A'),)),"
        " plugins=(Web(),))\n"
        "Helpdesk(site, {})"
    )
    assert not {"litestar", "uvicorn"} & set(loaded_after(code))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda: Web(accent="#7fbaff"),
            "text in #7fbaff cannot be read: its contrast is 1.9, it needs 4.5. Take a darker",
        ),
        (lambda: Web(accent_dark="#0b57a4"), "Take a lighter"),
        (lambda: Web(accent="blue"), "'blue' is no colour; write it as #0b57a4"),
        (lambda: Web(acent="#000000"), "Web has no option `acent`. Did you mean `accent`?"),  # type: ignore[call-arg]
        (lambda: Web(port=70000), "port"),
        (lambda: FooterLink("Evil", "javascript:alert(1)"), "must be a path like /privacy or a whole address"),
        (lambda: FooterLink("Evil", "//evil.example"), "must be a path"),
        (lambda: Lifetimes(agent_idle=Lifetimes().customer), "no longer than the whole time"),
        (lambda: Contact(mail="x"), "Contact has no option `mail`. Did you mean `email`?"),  # type: ignore[call-arg]
        (lambda: Registration(fields=("organisation",)), "Registration.fields"),  # type: ignore[arg-type]
    ],
)
def test_a_setting_that_does_not_fit_is_refused_where_it_stands(make, says):
    with pytest.raises(ConfigurationError) as refused:
        make()
    assert says in str(refused.value)
    assert "test_plugin.py, line " in str(refused.value)


def helpdesk_with(tmp_path: Path, web: Web = WEB, *plugins: Plugin, **changes: object) -> Helpdesk:
    post = Postbox(channel=RecordingChannel())
    return Helpdesk(
        site(f"sqlite:///{tmp_path}/x.db", tmp_path, post, web, **{"plugins": (web, *plugins), **changes}), {}
    )


def test_an_address_with_a_path_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="serves a whole host"):
        helpdesk_with(tmp_path, url="https://vendor.example/support")


def test_a_logo_that_is_not_there_is_refused(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"there is no 'logo.svg' in the site's folder static/"):
        helpdesk_with(tmp_path, Web(logo="logo.svg"))


def another(name: str, folder: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    """Write a plugin package of its own and return the plugin."""
    package = folder / name
    package.mkdir()
    (package / "__init__.py").write_text("")
    imports = "from helpdesk_core import Plugin, hookimpl\n"
    (package / "plugin.py").write_text(f"{imports}class Made(Plugin):\n{body}")
    monkeypatch.syspath_prepend(str(folder))
    made = __import__(f"{name}.plugin", fromlist=["Made"]).Made()
    assert isinstance(made, Plugin)
    return made


ROUTE = """
    @hookimpl(of="helpdesk_web")
    def helpdesk_web_routes(self, helpdesk):
        from helpdesk_web.routing import Access, Route
        async def page(request): ...
        return [Route(path="{path}", access=Access.PUBLIC, get=page)]
"""


def test_two_plugins_with_one_address_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    one = another("made_clash_one", tmp_path, ROUTE.format(path="/hello/{name}"), monkeypatch)
    other = another("made_clash_two", tmp_path, ROUTE.format(path="/hello/{number}"), monkeypatch)
    with pytest.raises(
        ConfigurationError, match=r"made_clash_one and made_clash_two both have a page at /hello/\{number"
    ):
        helpdesk_with(tmp_path, WEB, one, other)


def test_nobody_takes_an_address_of_the_web_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    thief = another("made_thief", tmp_path, ROUTE.format(path="/login"), monkeypatch)
    with pytest.raises(ConfigurationError, match="helpdesk_web and made_thief both have a page at /login"):
        helpdesk_with(tmp_path, WEB, thief)


def test_a_path_that_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    odd = another("made_odd", tmp_path, ROUTE.format(path="hello there"), monkeypatch)
    with pytest.raises(ConfigurationError, match=r"'hello there' is no path of a page"):
        helpdesk_with(tmp_path, WEB, odd)


def test_two_plugins_with_one_static_file_stop_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = another("made_static", tmp_path, "    pass\n", monkeypatch)
    folder = tmp_path / "made_static" / "static" / "css"
    folder.mkdir(parents=True)
    (folder / "helpdesk.css").write_text("body {}")
    with pytest.raises(
        ConfigurationError, match=r"helpdesk_web and made_static both have the static file css/helpdesk"
    ):
        helpdesk_with(tmp_path, WEB, other)


def test_a_static_file_of_an_unknown_kind_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    other = another("made_kind", tmp_path, "    pass\n", monkeypatch)
    (tmp_path / "made_kind" / "static").mkdir()
    (tmp_path / "made_kind" / "static" / "page.html").write_text("<p>")
    with pytest.raises(ConfigurationError, match="of no kind that browsers are given"):
        helpdesk_with(tmp_path, WEB, other)


PAGE = """
    @hookimpl(of="helpdesk_web")
    def helpdesk_web_routes(self, helpdesk):
        from helpdesk_web.routing import Access, Page, Redirect, Route
        from helpdesk_web.views import HelpPage
        async def page(request):
            title = f"number {request.params['number']} for {request.account.name}"
            return Page(template="helpdesk_web/help.html", view=HelpPage(), title=title)
        async def save(request):
            return Redirect(f"/office/{request.form.line('to')}")
        return [Route(path="/office/{number}", access=Access.AGENT, get=page, post=save)]

    @hookimpl(of="helpdesk_web")
    def helpdesk_web_menu(self, helpdesk):
        from helpdesk_web.routing import Access, MenuEntry
        return [MenuEntry(label="Workspace", path="/office/1", see=Access.AGENT)]

    @hookimpl(of="helpdesk_web")
    def helpdesk_web_panels(self, helpdesk):
        from helpdesk_web.routing import Access, Panel
        async def load(request, account):
            return {"text": f"<{account.email}>"}
        async def broken(request, account):
            raise RuntimeError("broken")
        async def nothing(request, account):
            return None
        return [
            Panel(
                name=f"made.{name}", slot="account", label=f"Panel {name}", see=see,
                template="made_page/panel.html", load=each
            )
            for name, see, each in (
                ("shown", Access.SIGNED_IN, load), ("broken", Access.SIGNED_IN, broken),
                ("empty", Access.SIGNED_IN, nothing), ("hidden", Access.AGENT, load),
            )
        ]
"""


@pytest.mark.anyio
async def test_another_plugin_brings_pages_menu_and_panels(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    from helpdesk_core.accounts import Role

    plugin = another("made_page", tmp_path, PAGE, monkeypatch)
    templates = tmp_path / "made_page" / "templates" / "made_page"
    templates.mkdir(parents=True)
    (templates / "panel.html").write_text("<p>of {{ view.text }}</p>")
    world = await build(plugins=(plugin,))
    customer = await world.signed_in()
    await customer.open("/account")
    assert "Panel shown" in customer.text
    assert "<p>of &lt;k.krueger@schule.example&gt;</p>" in customer.text
    assert not {"Panel broken", "Panel empty", "Panel hidden"} & set(customer.text.split(">"))
    assert "panel failed" in caplog.text
    assert "Workspace" not in customer.text
    await customer.open("/office/1")
    assert customer.status == 403
    agent = await world.signed_in("anna@vendor.example", Role.AGENT, given_name="Anna", family_name="Meyer")
    await agent.open("/office/17")
    assert "number 17 for Anna Meyer" in agent.text
    assert "Workspace" in agent.text
    token = dict(agent.form("/language").fields)["csrf"]
    await agent.post("/office/17", [("csrf", token), ("to", "18")])
    assert agent.path == "/office/18"


@pytest.mark.anyio
async def test_a_page_that_breaks_shows_a_number_that_stands_in_the_log(world: World, caplog: pytest.LogCaptureFixture):
    import re

    from helpdesk_web.app import build_app
    from helpdesk_web.routing import Route

    async def broken(request: Request) -> Page:
        raise RuntimeError("our insides")

    async def template(request: Request) -> Page:
        return Page(template="no/such/template.html", view=None)

    extra = (
        Route(path="/broken", access=Access.PUBLIC, get=broken),
        Route(path="/template", access=Access.PUBLIC, get=template),
    )
    world.app = build_app(world.web, (*world.routes, *extra))
    browser = world.browser()
    for path in ("/broken", "/template"):
        await browser.open(path)
        assert browser.status == 500
        assert "our insides" not in browser.text
        assert "template.html" not in browser.text
        number = re.search(r"[A-Z2-9]{4}-[A-Z2-9]{4}", browser.plain)
        assert number
        assert f"error {number[0]}" in caplog.text


# --- small parts ------------------------------------------------------------------------------------------------------


def test_a_dark_page_gets_a_colour_that_can_be_read_there():
    for accent in ("#0b57a4", "#a3122a", "#1a6b3c", "#000000", "#4b0082"):
        assert colours.weakest(colours.lightened(accent), colours.DARK) >= colours.ENOUGH
    assert round(colours.contrast("#ffffff", "#000000")) == 21
    assert colours.mixed("#ffffff", "#000000", 0.5) == "#808080"


@pytest.mark.parametrize(
    ("address", "block"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("<img>", "unknown"),
    ],
)
def test_limits_count_by_what_one_person_has(address: str, block: str):
    assert source_of(address) == block


def test_a_device_is_called_in_words_of_ours():
    assert device_of("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36") == "Chrome, Linux"
    assert device_of("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0") == "Edge, Windows"
    assert device_of("<script>") == ""
