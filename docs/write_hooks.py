"""Writes `hooks.md`, the reference of all hooks, from the docstrings of their specifications. Imports none of them.

Run it with `make docs`; a test fails when the file is not what this writes.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "docs" / "hooks.md"
SPECIFICATIONS = ("helpdesk_core/hookspecs.py", "plugins/*/hookspecs.py")

HEAD = """\
# Hooks

Everything a plugin may contribute to a site. This page is written from the specifications by `make docs`; change
the docstrings there. How to write a plugin stands in [plugin-authors.md](plugin-authors.md).

A hook is a plain method of the plugin's class, marked with `@hookimpl`. It is called once when a site is built and
returns a sequence of typed objects; the work is done later by what it returned. An exception in a hook, or an object
of another type, stops the start and names the plugin.
"""


@dataclass(frozen=True)
class Hook:
    """One hook as its specification says.

    Attributes:
        name: Its name.
        arguments: Its arguments without `self`, as written.
        returns: What it returns, as written.
        says: The docstring.
    """

    name: str
    arguments: str
    returns: str
    says: str

    @property
    def signature(self) -> str:
        """Its name, exact arguments and result."""
        return f"{self.name}({self.arguments}) -> {self.returns}"

    @property
    def contributes(self) -> str:
        """The type of what it contributes."""
        return self.returns.removeprefix("Sequence[").removesuffix("]").removeprefix("type[").removesuffix("]")

    @property
    def sections(self) -> dict[str, str]:
        """The labelled parts of the docstring (`When`, `Failing`, `Smallest example`, …), each on one line."""
        parts = re.split(r"^(When|Failing[^:\n]*|Smallest example|Shipped user|Since): ", self.says, flags=re.MULTILINE)
        return {label: " ".join(text.split()) for label, text in zip(parts[1::2], parts[2::2], strict=True)}

    @property
    def opening(self) -> str:
        """What stands above the labelled parts."""
        return re.split(r"\n\n(?:When|Failing|Smallest)", self.says)[0]


@dataclass(frozen=True)
class Owner:
    """The core or a plugin that publishes hooks.

    Attributes:
        folder: Where its package lies.
        hooks: Its hooks, in the order of the file.
    """

    folder: Path
    hooks: tuple[Hook, ...]

    @property
    def name(self) -> str:
        """Its import name."""
        return self.folder.name


def owners() -> Iterator[Owner]:
    """Return the core and every shipped plugin that publishes hooks."""
    for pattern in SPECIFICATIONS:
        for path in sorted(ROOT.glob(pattern)):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and (hooks := tuple(_hooks(node))):
                    yield Owner(path.parent, hooks)


def page() -> str:
    """Return the whole page, its examples in the form of all our code."""
    text = "\n".join((HEAD, *(line for owner in owners() for line in _chapter(owner))))
    return subprocess.run(  # noqa: S603 - our own formatter
        [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", TARGET, "-"],
        cwd=ROOT,
        input=text,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    ).stdout


def _hooks(node: ast.ClassDef) -> Iterator[Hook]:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and "hookspec" in map(ast.unparse, item.decorator_list):
            arguments = ast.unparse(item.args).replace("'", "").removeprefix("self").removeprefix(", ")
            returns = ast.unparse(item.returns) if item.returns else "None"
            yield Hook(item.name, arguments, returns, ast.get_docstring(item) or "")


def _chapter(owner: Owner) -> Iterator[str]:
    yield f"## Hooks of `{owner.name}`\n"
    if owner.name != "helpdesk_core":
        yield f'Mark them with `@hookimpl(of="{owner.name}")`. On a site without that plugin they are never called.\n'
    declared = [hook for hook in owner.hooks if not hook.arguments]
    wired = [hook for hook in owner.hooks if hook.arguments]
    if declared:
        yield "### Declared: asked without a running site\n"
        for hook in declared:
            yield from _entry(hook, owner)
    if wired:
        yield "### Wired: given the site as it is built\n"
        for hook in wired:
            yield from _entry(hook, owner)


def _entry(hook: Hook, owner: Owner) -> Iterator[str]:
    yield f"#### `{hook.signature}`\n"
    yield hook.opening + "\n"
    sections = hook.sections
    example = sections.pop("Smallest example", "").strip("`")
    for label, text in sections.items():
        yield f"- {label}: {text}"
    mark = "@hookimpl" if owner.name == "helpdesk_core" else f'@hookimpl(of="{owner.name}")'
    arguments = f"self, {hook.arguments}" if hook.arguments else "self"
    yield f"\n```python\n{mark}\ndef {hook.name}({arguments}) -> {hook.returns}:\n    {example}\n```\n"
    yield from _type(hook, owner)


def _type(hook: Hook, owner: Owner) -> Iterator[str]:
    """Describe what the hook contributes by the docstring of its class, where it is ours."""
    says = _docstring(hook.contributes, owner)
    if says is None:
        return
    opening, _, attributes = says.partition("\nAttributes:\n")
    summary = " ".join(opening.partition("\n\n")[0].split())
    yield f"`{hook.contributes}`: {summary}\n"
    for name, text in re.findall(r"^ {4}([a-z_, ]+): (.*(?:\n {8}.*)*)", attributes, flags=re.MULTILINE):
        yield f"- `{name}`: {' '.join(text.split())}"
    yield ""


def _docstring(name: str, owner: Owner) -> str | None:
    """Return the docstring of a class of whoever publishes the hook, or of the core."""
    for folder in (owner.folder, ROOT / "helpdesk_core"):
        for path in sorted(folder.rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            if f"class {name}(" not in text:
                continue
            for node in ast.parse(text).body:
                if isinstance(node, ast.ClassDef) and node.name == name:
                    return ast.get_docstring(node)
    return None


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
