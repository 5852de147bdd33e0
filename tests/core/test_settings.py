"""Settings judge themselves when they are made; what only the running machine knows is put in later."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import pytest

from helpdesk_core.errors import ConfigurationError
from helpdesk_core.settings import Secret, Settings, env, resolve, secret

HERE = "tests/core/test_settings.py"


class Server(Settings):
    """A server to speak to."""

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 25
    password: Secret | None = None


class TlsServer(Server):
    """One that speaks TLS."""

    verify: bool = True


class Poll(Settings):
    """Bounds inside a union."""

    every: Annotated[float, msgspec.Meta(gt=0)] | None = None


class Part(Settings):
    """Holds other settings in every way that a field can."""

    server: Server | None = None
    servers: tuple[Server, ...] = ()
    say: Callable[[str], str] | None = None
    low: int = 0
    high: int = 10

    def validate(self) -> None:
        """Refuse an empty range."""
        if self.low > self.high:
            raise ConfigurationError("Part.low (%(low)s) is above Part.high; swap them", low=self.low)


def refused(make: Callable[[], object]) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        make()
    return caught.value


def line_of_this_call() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def test_a_wrong_type_is_refused_with_file_line_class_and_field() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Server(host=("a", "b"))  # type: ignore[arg-type]
    line = line_of_this_call() - 1
    text = str(caught.value)
    assert text.startswith(f"{HERE}, line {line}: ")
    assert f"{__name__}.Server.host: tuple is not an instance of str" in text


def test_a_value_outside_its_bounds_is_refused() -> None:
    assert "Server.port: Expected `int` <= 65535" in str(refused(lambda: Server(host="a", port=70000)))


def test_bounds_hold_inside_a_union_with_none() -> None:
    assert Poll(every=None) == Poll()
    assert "Poll.every: Expected `float` > 0.0" in str(refused(lambda: Poll(every=-1.0)))


def test_every_item_of_a_tuple_is_looked_at() -> None:
    wrong: Any = (Server(host="a"), "b")
    assert "Part.servers: item 1 of tuple is not an instance of" in str(refused(lambda: Part(servers=wrong)))


def test_a_list_where_a_tuple_belongs_is_refused() -> None:
    """A list could be changed after it was judged."""
    wrong: Any = [Server(host="a")]
    assert "Part.servers: list is not a tuple" in str(refused(lambda: Part(servers=wrong)))


def test_a_descendant_of_a_setting_may_stand_in_its_place() -> None:
    part = Part(server=TlsServer(host="a"), servers=(TlsServer(host="b", verify=False),))
    assert isinstance(part.server, TlsServer)


def test_a_function_may_be_a_setting_and_anything_else_in_its_place_is_refused() -> None:
    assert Part(say=str.upper).say is str.upper
    wrong: Any = "upper"
    assert "Part.say" in str(refused(lambda: Part(say=wrong)))


def test_an_unknown_option_is_refused_with_the_nearest_known_one() -> None:
    misspelt: Any = {"hots": "a"}
    error = refused(lambda: Server(**misspelt))
    assert "Server has no option `hots`. Did you mean `host`?" in str(error)
    assert error.place.startswith(HERE)


def test_an_unknown_option_near_to_nothing_is_refused_with_all_that_are_known() -> None:
    unknown: Any = {"colour": "red"}
    assert "It knows: host, port, password." in str(refused(lambda: Server(**unknown)))


def test_a_missing_option_is_named() -> None:
    make: Any = Server
    assert "Server: Missing required argument 'host'" in str(refused(make))


def test_a_setting_by_position_is_refused() -> None:
    make: Any = Server
    assert "Server: Extra positional arguments provided" in str(refused(lambda: make("a")))


def test_a_percent_sign_in_a_wrong_value_is_shown_as_it_is() -> None:
    unknown: Any = {"100%": "a"}
    error = refused(lambda: Server(**unknown))
    assert "`100%`" in str(error)
    assert "`100%`" in error.message % error.values, "who translates the message shows the same"


def test_a_rule_across_fields_is_refused_with_file_and_line() -> None:
    error = refused(lambda: Part(low=11))
    assert str(error) == f"{error.place}: Part.low (11) is above Part.high; swap them"
    assert error.place.startswith(HERE)


def test_settings_cannot_be_changed_after_they_were_judged() -> None:
    server = Server(host="a")
    with pytest.raises(AttributeError):
        server.host = "b"


def test_equal_settings_are_equal() -> None:
    assert Server(host="a") == Server(host="a")
    assert Server(host="a") != Server(host="b")


# --- what only the running machine knows ------------------------------------------------------------------------


def test_writing_a_reference_asks_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_HOST", raising=False)
    assert repr(Server(host=env("TEST_HOST")).host) == "env('TEST_HOST')"


def test_a_variable_takes_the_place_of_its_reference() -> None:
    assert resolve(Server(host=env("TEST_HOST")), {"TEST_HOST": "mail.example.org"}) == Server(host="mail.example.org")


def test_a_variable_is_converted_to_the_type_of_its_field() -> None:
    resolved = resolve(Server(host="a", port=env("TEST_PORT")), {"TEST_PORT": "2525"})
    assert resolved.port == 2525


def test_a_missing_variable_without_a_default_stops_the_start_with_its_name() -> None:
    server = Server(host=env("TEST_HOST"))
    line = line_of_this_call() - 1
    error = refused(lambda: resolve(server, {}))
    assert "environment variable TEST_HOST is not set; set it, or TEST_HOST_FILE" in str(error)
    assert error.place == f"{HERE}, line {line}", "where the reference stands, not where the site is built"


def test_a_default_stands_where_no_variable_is_set() -> None:
    assert resolve(Server(host=env("TEST_HOST", default="a")), {}).host == "a"
    assert resolve(Server(host="a", password=secret("TEST_PASSWORD", default=None)), {}).password is None


def test_a_variable_that_does_not_fit_is_refused_with_field_and_source() -> None:
    error = refused(lambda: resolve(Server(host="a", port=env("TEST_PORT")), {"TEST_PORT": "many"}))
    assert error.place.startswith(HERE)
    assert "Server.port, from environment variable TEST_PORT: Expected `int`" in str(error)


def test_a_variable_outside_the_bounds_is_refused() -> None:
    error = refused(lambda: resolve(Server(host="a", port=env("TEST_PORT")), {"TEST_PORT": "0"}))
    assert "Server.port, from environment variable TEST_PORT: Expected `int` >= 1" in str(error)


def test_a_default_of_the_wrong_type_is_refused_when_the_site_is_built() -> None:
    wrong: Any = env("TEST_PORT", default=2.5)
    assert "Server.port: float is not an instance of int" in str(
        refused(lambda: resolve(Server(host="a", port=wrong), {}))
    )


def test_a_file_may_hold_the_value(tmp_path: Path) -> None:
    file = tmp_path / "host"
    file.write_text("mail.example.org\n", encoding="utf-8")
    assert resolve(Server(host=env("TEST_HOST")), {"TEST_HOST_FILE": str(file)}).host == "mail.example.org"


def test_a_file_that_cannot_be_read_is_refused_with_its_name(tmp_path: Path) -> None:
    environ = {"TEST_HOST_FILE": str(tmp_path / "nowhere")}
    error = refused(lambda: resolve(Server(host=env("TEST_HOST")), environ))
    assert f"TEST_HOST should be read from {tmp_path / 'nowhere'}, which failed: No such file" in str(error)


def test_a_systemd_credential_may_hold_the_value(tmp_path: Path) -> None:
    (tmp_path / "TEST_PASSWORD").write_text("open sesame", encoding="utf-8")
    server = resolve(Server(host="a", password=secret("TEST_PASSWORD")), {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert server.password == Secret("open sesame")


def test_references_are_found_in_settings_inside_settings_and_tuples() -> None:
    part = Part(server=Server(host=env("A")), servers=(Server(host="x"), Server(host=env("B"))))
    resolved = resolve(part, {"A": "a", "B": "b"})
    assert resolved == Part(server=Server(host="a"), servers=(Server(host="x"), Server(host="b")))


def test_rules_across_fields_wait_for_the_values_and_hold_then() -> None:
    part = Part(low=env("LOW"))
    assert resolve(part, {"LOW": "3"}).low == 3
    assert "Part.low (11) is above Part.high" in str(refused(lambda: resolve(part, {"LOW": "11"})))


def test_resolving_leaves_the_settings_as_they_were_written() -> None:
    """Two sites may run from one value."""
    part = Part(server=Server(host=env("A")))
    first, second = resolve(part, {"A": "one"}), resolve(part, {"A": "two"})
    assert first.server
    assert second.server
    assert (first.server.host, second.server.host) == ("one", "two")


def test_settings_without_references_are_not_copied() -> None:
    part = Part(server=Server(host="a"))
    assert resolve(part, {}) is part


# --- secrets ----------------------------------------------------------------------------------------------------


def test_a_secret_never_shows_in_a_text_of_what_holds_it() -> None:
    server = resolve(Server(host="a", password=secret("TEST_PASSWORD")), {"TEST_PASSWORD": "open sesame"})
    assert server.password is not None
    assert server.password.reveal() == "open sesame"
    for shown in (repr(server), str(server), f"{server.password}", f"{server.password!r}", repr(Part(server=server))):
        assert "sesame" not in shown


def test_a_secret_never_shows_in_an_error() -> None:
    wrong: Any = {"port": Secret("open sesame")}
    assert "sesame" not in str(refused(lambda: Server(host="a", **wrong)))
    environ = {"TEST_PORT": "open sesame"}
    assert "sesame" not in str(refused(lambda: resolve(Server(host="a", port=env("TEST_PORT")), environ)))


def test_a_secret_cannot_be_written_as_json() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode(Server(host="a", password=Secret("open sesame")))


def test_a_secret_in_the_place_of_a_plain_text_is_refused() -> None:
    """Whoever needs the text has to say so: `reveal()`."""
    wrong: Any = secret("TEST_HOST")
    error = refused(lambda: resolve(Server(host=wrong), {"TEST_HOST": "open sesame"}))
    assert "Server.host: " in str(error)
    assert "sesame" not in str(error)


def test_a_plain_text_in_the_place_of_a_secret_is_refused() -> None:
    wrong: Any = "open sesame"
    error = refused(lambda: Server(host="a", password=wrong))
    assert "Server.password" in str(error)
    assert "sesame" not in str(error)
