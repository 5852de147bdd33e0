"""What the guides say can be done, is done here: their files are written, their commands run, their links followed."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from helpdesk_core.cli import COMMANDS, helpdesk
from tests.docs.guides import GUIDES, LANGUAGES, ROOT, Block, blocks, headings, links

RUN = [guide for guide in GUIDES if any(block.language in {"python", "console"} for block in blocks(guide))]
# The reference is made of single methods, which need the rest of a plugin around them; other tests read them.
RUN = [guide for guide in RUN if guide.name != "hooks.md"]


def name_of(guide: Path) -> str:
    return guide.name


@pytest.mark.timeout(300)
@pytest.mark.parametrize("guide", RUN, ids=name_of)
def test_a_reader_who_does_what_a_guide_says_gets_there(guide: Path, tmp_path: Path) -> None:
    exports: list[str] = []
    for block in blocks(guide):
        if block.file and block.language in {"python", "html", "po", "ini"}:
            target = tmp_path / block.file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            run(block, [sys.executable, "-c", block.text], tmp_path)
        elif block.language == "console":
            for command, says in block.steps:
                if command.startswith("export "):
                    exports.append(command)
                said = run(block, ["bash", "-euo", "pipefail", "-c", "\n".join([*exports, command])], tmp_path)
                for line in says:
                    assert line.strip() in said, f"{block.place}: `{command}` did not say {line!r} but:\n{said}"


def run(block: Block, command: list[str], folder: Path) -> str:
    """Run a step in the workspace, with the programs of this environment first on the path."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONPATH": "", "HELPDESK_TEST_LANE": "normal"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{block.place}: {command[-1]}\n{said}"
    return said


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_every_block_says_what_language_it_is_in(guide: Path) -> None:
    assert {block.place: block.language for block in blocks(guide) if block.language not in LANGUAGES} == {}


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_every_link_leads_somewhere(guide: Path) -> None:
    broken = []
    for line, target in links(guide):
        path, _, anchor = target.partition("#")
        file = (guide.parent / path).resolve() if path else guide
        if not file.exists() or (anchor and anchor not in headings(file)):
            broken.append(f"{guide.name}:{line} {target}")
    assert broken == []


@pytest.mark.parametrize("guide", GUIDES, ids=name_of)
def test_every_command_of_ours_exists_with_its_options(guide: Path) -> None:
    unknown = []
    for block in blocks(guide):
        if block.language not in {"console", "sh"}:
            continue
        for command in block.commands:
            unknown += [f"{block.place}: {problem}" for problem in problems(command)]
    assert unknown == []


def problems(command: str) -> list[str]:
    """Return what is wrong with the calls of `make` and `helpdesk` in one command line."""
    found: list[str] = []
    for words in calls(command):
        if words[:1] == ["make"]:
            found += [f"there is no target {word}" for word in words[1:] if "=" not in word and word not in targets()]
        elif words and Path(words[0]).name == "helpdesk":
            found += wrong_call(words[1:])
    return found


def calls(command: str) -> list[list[str]]:
    """Return the words of each program that a command line starts, without the variables set for it."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    for word in lexer:
        if set(word) <= set("|&;"):
            found.append([])
        elif found[-1] or not re.match(r"[A-Z_]+=", word):
            found[-1].append(word)
    return found


def targets() -> set[str]:
    return set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))


def wrong_call(words: list[str]) -> list[str]:
    """Return what is wrong with a call of `helpdesk`: walks the groups, looks for options."""
    command: click.Command = helpdesk
    context = click.Context(helpdesk, info_name="helpdesk")
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word.startswith("-"):
            option = next((p for p in command.params if word.partition("=")[0] in p.opts), None)
            if option is None and word not in {"--help", "-h"}:
                return [f"`{command.name}` has no option {word}"]
            if isinstance(option, click.Option) and not option.is_flag and "=" not in word:
                value = waiting.pop(0) if waiting else ""
                if command is helpdesk and word == "--site":
                    context.params["site"] = value if value in SHIPPED else None
        elif isinstance(command, click.Group):
            inner = command.get_command(context, word)
            if inner is None:
                return [f"there is no command `{word}`; known: {', '.join(command.list_commands(context))}"]
            command = inner
            context = click.Context(inner, parent=context, info_name=word)
    return []


SHIPPED = {path.name for path in (ROOT / "sites").iterdir() if path.is_dir()}
"""Sites whose plugins' commands can be asked for here; a guide's own site does not exist while its lines are judged."""


def test_the_commands_of_the_core_can_be_imported() -> None:
    context = click.Context(helpdesk)
    assert [name for name in COMMANDS if helpdesk.get_command(context, name) is None] == []


def test_the_readme_starts_with_two_commands() -> None:
    shell = [block for block in blocks(ROOT / "README.md") if block.language in {"sh", "console"}]
    assert shell[0].commands == ["make run", "make test"]


def test_every_guide_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        guide = waiting.pop()
        if guide in seen or guide.suffix != ".md":
            continue
        seen.add(guide)
        waiting += [
            (guide.parent / target.partition("#")[0]).resolve() for _, target in links(guide) if target[0] != "#"
        ]
    assert set(GUIDES) - seen == set()
