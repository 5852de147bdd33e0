"""How every file is written: it says what it is for, is short, has no empty words and nothing of one machine."""

import ast
import io
import re
import tokenize
from pathlib import Path

from tests.architecture.source import (
    CORE,
    ROOT,
    Module,
    base_names,
    classes,
    committed,
    core,
    functions,
    modules,
    nothing_of,
    plugins,
    shipped,
)

LINES_OF_A_MODULE = 400
LINES_OF_A_FUNCTION = 60

LONG: dict[str, str] = {}
"""Modules and functions (`module.function`) that may be longer, with the reason."""

PLACES_OF_TIME = {
    "helpdesk_core.clock": "it is the clock",
    "helpdesk_core.db.keys": "keys grow with the time of the machine, whatever a test's clock says",
}
"""Modules that may ask the machine for the time of day, with the reason."""

PRINTERS = ("helpdesk_core.cli",)

MEANINGLESS = {"util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "base", "stuff"}
MEANINGLESS_ENDINGS = ("Manager", "Helper", "Util", "Utils", "Base")

NAMED_BY_OTHERS = {"MigrationManager": "Piccolo looks for a class of this name"}
"""Classes whose name we did not choose."""


def test_every_module_opens_with_what_it_is_for() -> None:
    nothing_of(module.place for module in shipped() if module.text.strip() and not opening(module))


def test_every_package_says_what_it_is_for() -> None:
    """An empty `__init__.py` says nothing; the package of a room or plugin is the first thing one reads."""
    nothing_of(module.place for module in shipped() if module.path.name == "__init__.py" and not opening(module))


def test_the_opening_is_a_sentence() -> None:
    nothing_of(
        f"{module.place}: {first}"
        for module in (*shipped(), *modules(ROOT / "tests"))
        if (text := opening(module)) and not re.search(r"[.:!?”`]$", first := text.split("\n\n")[0].strip())
    )


def test_no_module_is_longer_than_one_can_read() -> None:
    nothing_of(
        f"{module.place} has {count} lines"
        for module in shipped()
        if (count := len(module.text.splitlines())) > LINES_OF_A_MODULE and module.name not in LONG
    )


def test_no_function_is_longer_than_one_can_hold() -> None:
    nothing_of(
        f"{module.at(node)} {node.name} has {count} lines"
        for module in shipped()
        for node in functions(module)
        if (count := (node.end_lineno or 0) - node.lineno + 1) > LINES_OF_A_FUNCTION
        and f"{module.name}.{node.name}" not in LONG
    )


def test_who_may_be_longer_says_why_and_still_is() -> None:
    names = {module.name for module in shipped()}
    long = {module.name for module in shipped() if len(module.text.splitlines()) > LINES_OF_A_MODULE} | {
        f"{module.name}.{node.name}"
        for module in shipped()
        for node in functions(module)
        if (node.end_lineno or 0) - node.lineno >= LINES_OF_A_FUNCTION
    }
    nothing_of(f"{name} need not be excused any more" for name in LONG if name not in long)
    nothing_of(f"{name} is excused without a reason" for name, reason in LONG.items() if " " not in reason)
    assert names


def test_no_module_or_class_has_a_name_that_means_nothing() -> None:
    nothing_of(
        module.place
        for module in (*shipped(), *modules(ROOT / "tests"))
        if MEANINGLESS.intersection(re.split(r"[._]", module.name.lower()))
    )
    nothing_of(
        f"{module.at(node)} {node.name}"
        for module in shipped()
        for node in classes(module)
        if node.name.endswith(MEANINGLESS_ENDINGS) and node.name not in NAMED_BY_OTHERS
    )


def test_only_the_clock_asks_the_machine_for_the_time_of_day() -> None:
    """Everything else asks the clock it was given, so that tests can move it."""
    of_the_day = re.compile(r"(?:^|\.)(?:(?:datetime|dt)\.(?:now|utcnow|today)|date\.today|time\.(?:time|time_ns))$")
    nothing_of(
        f"{module.at(node)} {ast.unparse(node.func)}()"
        for module in shipped()
        if module.name not in PLACES_OF_TIME
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and of_the_day.search(ast.unparse(node.func))
    )


def test_only_the_command_line_prints() -> None:
    nothing_of(
        module.at(node)
        for module in shipped()
        if not module.name.startswith(PRINTERS)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print"
    )


def test_whoever_silences_a_checker_says_which_rule_and_why() -> None:
    """The reason follows on the line, or stands in the comment line above it."""
    good = re.compile(r"#\s*(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[a-z-]+(?:, ?[a-z-]+)*\])(?P<rest>.*)$")
    wrong: list[str] = []
    for module in shipped():
        lines = module.text.splitlines()
        for line, comment in comments(module.text):
            if not re.search(r"#\s*(?:noqa|type:\s*ignore)", comment):
                continue
            match = good.search(comment)
            reasoned = bool(match and re.search(r"[A-Za-z]{2,}", good.sub("", match["rest"]) or match["rest"]))
            above = lines[line - 2].strip() if line > 1 else ""
            if not match or not (reasoned or above.startswith("#")):
                wrong.append(f"{module.place}:{line} {comment}")
    nothing_of(wrong)


def test_no_work_is_left_for_an_unnamed_day() -> None:
    word = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    nothing_of(
        f"{module.place}:{line} {comment}"
        for module in (*shipped(), *modules(ROOT / "tests"))
        for line, comment in comments(module.text)
        if word.search(comment)
    )


def test_no_error_is_swallowed_without_a_word() -> None:
    """A handler of everything that does nothing hides what nobody foresaw."""
    nothing_of(
        module.at(node.body[0])
        for module in shipped()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body)
    )


GERMAN = re.compile(
    r"[äöüÄÖÜß]|\b(?:aber|Anfrage|Anmelden|auf|bitte|das|dass|dem|den|der|diese[mnrs]?|ein|eine[mnrs]?|Fehler|Frage|für"
    r"|haben|Herr|Frau|Ihnen|Ihr|Ihre[mnrs]?|ist|Kennwort|Kunde|mit|nicht|oder|Passwort|Sie|sind|und|von|werden|wird"
    r"|wurde|Wunsch|zum|zur)\b"
)
FOLDING = re.compile(r"[äöüÄÖÜß]|[äöüß]{2,8}")

SPEAKS_GERMAN = {
    "helpdesk_core.accounts.passwords": "the first words that German customers would take as a password",
}
"""Modules of the core that hold German words as data, with the reason."""


def test_the_core_says_nothing_in_german() -> None:
    """Single letters may be folded ("ä" → "ae"); sentences for people are English and translated elsewhere."""
    nothing_of(
        f"{module.at(node)} {node.value!r}"
        for module in core()
        if module.name not in SPEAKS_GERMAN
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if GERMAN.search(node.value) and not FOLDING.fullmatch(node.value) and id(node) not in docstrings(module)
    )


def test_the_templates_of_the_core_are_english() -> None:
    nothing_of(
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in (CORE / "templates").rglob("*.*")
        if (found := GERMAN.search(path.read_text(encoding="utf-8")))
    )


HOSTS = re.compile(
    r"py(?:pi\.org|thonhosted)|npmjs\.(?:org|com)|crates\.io|deb\.debian|security\.debian|proxy\.golang|registry\.(?:npm|yarn)",
    re.IGNORECASE,
)
MACHINES = re.compile(r"(?:^|[\s\"'`(=:])/(?:work/(?:main|shared|\.)|root/|home/\w+/|opt/(?:py|wheels)|tmp/v/)")


def test_no_file_names_a_package_registry() -> None:
    """Whoever installs has their own; a lock with a host would go round it."""
    nothing_of(f"{path.relative_to(ROOT)}: {found[0]}" for path, text in texts() if (found := HOSTS.search(text)))


def test_no_file_names_a_path_of_one_machine() -> None:
    nothing_of(
        f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}"
        for path, text in texts()
        if path != Path(__file__)
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINES.search(line)
    )


def test_the_settings_of_the_project_are_derived_from_the_one_base() -> None:
    """A frozen struct that looks like a setting but is none would not be judged when it is made."""
    nothing_of(
        f"{module.at(node)} {node.name}"
        for module in plugins()
        if module.name.endswith(".plugin")
        for node in classes(module)
        if "Struct" in base_names(node)
    )


def texts() -> list[tuple[Path, str]]:
    """Return every committed file that is text."""
    found: list[tuple[Path, str]] = []
    for path in committed():
        data = path.read_bytes()
        if b"\0" not in data:
            found.append((path, data.decode("utf-8", errors="replace")))
    return found


def comments(text: str) -> list[tuple[int, str]]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]


def opening(module: Module) -> str | None:
    return ast.get_docstring(module.tree)


def docstrings(module: Module) -> set[int]:
    """Return the identities of the nodes that are documentation: strings that stand alone as statements."""
    return {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
