"""The source of this project as trees, read once: what the tests of this folder look at. Imports none of it."""

import ast
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "helpdesk_core"
PLUGINS = tuple(sorted(path for path in (ROOT / "plugins").iterdir() if (path / "__init__.py").is_file()))
SITES = tuple(sorted(path for path in (ROOT / "sites").iterdir() if (path / "__init__.py").is_file()))
PLUGIN_NAMES = tuple(path.name for path in PLUGINS)
SITE_NAMES = tuple(path.name for path in SITES)


@dataclass(frozen=True)
class Import:
    """One module that another imports, or a name that it takes from it.

    Attributes:
        target: The module, dotted.
        name: What is taken from it, empty for `import module`.
        line: Where.
        for_types: Whether it stands under `if TYPE_CHECKING:`, so that nothing is loaded.
        later: Whether it stands in a function, so that loading the module does not load it.
    """

    target: str
    name: str
    line: int
    for_types: bool
    later: bool


@dataclass(frozen=True)
class Module:
    """One file of ours.

    Attributes:
        name: Its import name.
        path: Where it lies.
        text: What stands in it.
    """

    name: str
    path: Path
    text: str

    @property
    def place(self) -> str:
        """Its path as people write it."""
        return str(self.path.relative_to(ROOT))

    @property
    def package(self) -> str:
        """The top-level package it belongs to."""
        return self.name.partition(".")[0]

    @property
    def tree(self) -> ast.Module:
        return _tree(self)

    @property
    def imports(self) -> tuple[Import, ...]:
        """All imports, also those inside functions."""
        return tuple(_imports(self))

    def at(self, node: ast.expr | ast.stmt) -> str:
        """Return `path:line` of a node."""
        return f"{self.place}:{node.lineno}"


@cache
def modules(*folders: Path) -> tuple[Module, ...]:
    """Return the modules below these packages, those of migrations left out: they are written by a program."""
    return tuple(
        Module(_name(folder, path), path, path.read_text(encoding="utf-8"))
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        if "migrations" not in path.parts
    )


def core() -> tuple[Module, ...]:
    return modules(CORE)


def plugins() -> tuple[Module, ...]:
    return modules(*PLUGINS)


def shipped() -> tuple[Module, ...]:
    """Everything that is installed."""
    return modules(CORE, *PLUGINS, *SITES)


def all_names() -> frozenset[str]:
    return frozenset(module.name for module in shipped())


def nothing_of(wrong: Iterable[str]) -> None:
    """Fail with every line of what is wrong, so that one run tells it all."""
    found = list(wrong)
    assert not found, "\n".join(["", *found])


def classes(module: Module) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef))


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def base_names(node: ast.ClassDef) -> tuple[str, ...]:
    """Return the last parts of the names of a class's bases."""
    return tuple(ast.unparse(base).partition("[")[0].rpartition(".")[2] for base in node.bases)


def derived_from(module: Module, base: str) -> Iterator[ast.ClassDef]:
    """Return the classes of a module that name `base`, or a class of the same module that does."""
    found = {base}
    for node in classes(module):
        if found.intersection(base_names(node)):
            found.add(node.name)
            yield node


def fields(node: ast.ClassDef) -> dict[str, str]:
    """Return the annotated fields of a class with their annotations; what belongs to the class alone is left out."""
    return {
        item.target.id: annotation
        for item in node.body
        if isinstance(item, ast.AnnAssign)
        and isinstance(item.target, ast.Name)
        and not (annotation := ast.unparse(item.annotation)).startswith("ClassVar")
    }


def keywords(call: ast.Call | ast.ClassDef) -> dict[str, str]:
    return {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords if keyword.arg}


@cache
def committed() -> tuple[Path, ...]:
    """Return every file that is in the repository, or would be with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return tuple(path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


@cache
def _tree(module: Module) -> ast.Module:
    return ast.parse(module.text, module.place)


def _name(package: Path, path: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _imports(module: Module) -> tuple[Import, ...]:
    for_types = _within(
        statement
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
    )
    later = _within(functions(module))
    found: list[Import] = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            named = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            target = _absolute(module, node)
            named = [(target, alias.name) for alias in node.names]
        else:
            continue
        found += (Import(*each, node.lineno, id(node) in for_types, id(node) in later) for each in named)
    return tuple(found)


def _within(nodes: Iterable[ast.AST]) -> set[int]:
    """Return the identities of everything inside these nodes."""
    return {id(inner) for node in nodes for inner in ast.walk(node)}


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    is_package = module.path.name == "__init__.py"
    base = parts[: len(parts) - node.level + is_package]
    return ".".join((*base, node.module) if node.module else base)
