"""`helpdesk` itself: help, and what it says when something does not fit."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from time import perf_counter

import click
import pytest

from helpdesk_core.cli import COMMANDS
from tests.core.cli.conftest import Command, environment, program

QUICK = 0.5


def test_help_lists_every_command_of_the_core(run: Command):
    result = run("--help", site=None)
    assert result.code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.out


def test_help_comes_quickly(folder: Path):
    def seconds() -> float:
        began = perf_counter()
        subprocess.run([program(), "--help"], env=environment(folder), capture_output=True, check=True)
        return perf_counter() - began

    assert min(seconds() for _ in range(5)) < QUICK


def test_help_loads_neither_database_nor_site(folder: Path):
    code = (
        "import sys\n"
        "from helpdesk_core.cli import main\n"
        "sys.argv = ['helpdesk', '--help']\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted(name for name in sys.modules if name in {'piccolo', 'litestar', 'helpdesk_core.helpdesk'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(folder), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_what_help_says_of_a_command_is_what_the_command_says_itself(name: str):
    module, _, attribute = COMMANDS[name][0].partition(":")
    command: click.Command = getattr(import_module(module), attribute)
    assert command.help is not None
    assert command.help.startswith(COMMANDS[name][1].removesuffix("."))


def test_with_a_site_help_lists_the_commands_of_its_plugins_too(run: Command):
    assert "Count the cards." in run("--help").out
    assert "Count the cards." in run("--help", site=None, HELPDESK_SITE="shop").out
    assert "Count the cards." not in run("--help", site=None).out


@pytest.mark.full
def test_help_comes_even_if_the_site_is_broken(run: Command, folder: Path):
    (folder / "shop" / "site.py").write_text("site = 1 / 0\n")
    result = run("--help")
    assert result.code == 0
    assert "accounts" in result.out
    assert "shop/site.py, line 1: ZeroDivisionError" in " ".join(result.out.split())


def test_a_command_of_a_plugin_runs(run: Command):
    result = run("cards")
    assert (result.code, result.out) == (0, "No cards.\n")


def test_a_command_of_a_plugin_without_a_site_says_that_it_needs_one(run: Command):
    result = run("cards", site=None)
    assert result.code == 2
    assert "No such command 'cards'. Commands of plugins need a site" in result.errors


def test_a_command_that_needs_a_site_says_so(run: Command):
    result = run("check", site=None)
    assert (result.code, result.out) == (2, "")
    assert result.errors == ("helpdesk: no site is named; write `helpdesk --site MODULE …` or set HELPDESK_SITE\n")


@pytest.mark.full
def test_the_site_may_be_named_by_the_environment(run: Command):
    assert run("cards", site=None, HELPDESK_SITE="shop:site").code == 0


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ("nowhere", "there is no site 'nowhere'"),
        ("shop:other", "shop.site has no Site called 'other'"),
        pytest.param("json", "json has no Site called 'site'", marks=pytest.mark.full),
    ],
)
def test_a_site_that_is_not_there_is_named_in_one_sentence(run: Command, site: str, says: str):
    result = run("check", site=site)
    assert result.code == 2
    assert result.errors.startswith("helpdesk: ")
    assert says in result.errors
    assert result.errors.count("\n") == 1


def test_an_unknown_option_of_the_site_is_named_with_file_and_line(run: Command, folder: Path):
    path = folder / "shop" / "site.py"
    lines = path.read_text().replace("    files=", "    filez=").splitlines()
    path.write_text("\n".join(lines))
    result = run("check")
    assert result.code == 2
    assert "shop/site.py, line " in result.errors
    assert "Site has no option `filez`. Did you mean `files`?" in result.errors


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"HELPDESK_URL": "support.example.org"}, "Site.url must be a whole address"),
        ({"HELPDESK_DATABASE": "mysql://localhost/helpdesk"}, "mysql"),
        pytest.param(
            {"HELPDESK_DATABASE": "postgres://nobody@127.0.0.1:1/helpdesk"}, "cannot be", marks=pytest.mark.full
        ),
    ],
)
def test_a_variable_with_a_wrong_value_is_explained(run: Command, variables: dict[str, str], says: str):
    result = run("migrate", **variables)
    assert result.code == 2
    assert says in result.errors


@pytest.mark.full
def test_the_traceback_is_shown_to_those_who_ask(folder: Path):
    done = subprocess.run(
        [program(), "--traceback", "--site", "nowhere", "check"],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("accounts", "create", "--email", "a@example.org"),
        ("serve",),
        pytest.param(("outbox", "status"), marks=pytest.mark.full),
        pytest.param(("web",), marks=pytest.mark.full),
        pytest.param(("worker",), marks=pytest.mark.full),
    ],
)
def test_a_database_that_was_not_migrated_is_named_with_what_to_do(run: Command, words: tuple[str, ...]):
    result = run(*words)
    assert result.code == 2
    assert "helpdesk: the database is not ready, 1 changes to it wait; run `helpdesk --site … migrate` first" in (
        result.errors.splitlines()
    )
