"""Reading our own guides: their blocks of code, so that tests can do what a reader would do.

In a guide,

- ` ```python ` with a comment like `# rooms/plugin.py` in its first line is a file: it is written to the workspace;
- ` ```python ` without one is a program: it must run;
- ` ```console ` holds commands after `$ `, which are run in the workspace, and what they say below them;
- ` ```sh ` holds commands that are only looked at: they must exist, but a test does not run them.

Blocks of one guide build on each other, in their order.
"""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
GUIDES = tuple(sorted((*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))))

LANGUAGES = {"python", "console", "sh", "mermaid", "text", "html", "po", "ini", "json"}


@dataclass(frozen=True)
class Block:
    """One fenced block.

    Attributes:
        guide: The file it stands in.
        line: The line of its fence.
        language: The word behind the fence.
        text: What stands in it.
    """

    guide: Path
    line: int
    language: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.guide.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The path in its first line, None when it names none."""
        found = re.match(r"(?:#|<!--) ([\w./-]+\.\w+)(?: -->)?\n", self.text)
        return found[1] if found else None

    @property
    def steps(self) -> list[tuple[str, list[str]]]:
        """The commands of a console, each with the lines it must say."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            elif found and line.startswith("> "):
                command, says = found.pop()
                found.append((f"{command}\n{line.removeprefix('> ')}", says))
            elif found and line.strip() not in {"", "…"}:
                found[-1][1].append(line)
        return found

    @property
    def commands(self) -> list[str]:
        """All command lines of a console or a shell block."""
        if self.language == "console":
            return [command for command, _ in self.steps]
        lines = self.text.replace("\\\n", " ").splitlines()
        return [command for line in lines if (command := re.sub(r"\s+#.*|^#.*", "", line).strip())]


def blocks(guide: Path) -> list[Block]:
    """Return the fenced blocks of a guide."""
    text = guide.read_text(encoding="utf-8")
    return [
        Block(guide, text.count("\n", 0, found.start()) + 1, found[1], found[2])
        for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    ]


def links(guide: Path) -> list[tuple[int, str]]:
    """Return line and target of every link and picture of a guide that leads to a file of ours."""
    whole = guide.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```$", lambda block: "\n" * block[0].count("\n"), whole, flags=re.MULTILINE | re.DOTALL)
    return [
        (text.count("\n", 0, found.start()) + 1, found[1])
        for found in re.finditer(r"\]\(([^)\s]+)\)", text)
        if not re.match(r"[a-z]+:", found[1])
    ]


def headings(guide: Path) -> set[str]:
    """Return the anchors of a guide's headings."""
    lines = re.findall(r"^#+ (.+)$", guide.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).strip().replace(" ", "-") for line in lines}
