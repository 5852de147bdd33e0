"""A test that needs a part of the system: runs with it, is counted and named without it, and fails in CI."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk_core.testing.parts import PARTS, find_program, require

CONFTEST = """
from types import MappingProxyType
from helpdesk_core.testing import parts

parts.PARTS = MappingProxyType({"harp": ("A harp", lambda: None), "earth": ("The earth", lambda: "/")})
"""

MUSIC = """
import pytest

@pytest.mark.needs("harp")
@pytest.mark.parametrize("piece", ["first", "second"])
def test_a_piece_is_played(piece): raise AssertionError("nobody can play")

@pytest.mark.needs("earth")
def test_the_earth_turns(): pass
"""


def run(folder: Path, test: str, **environ: str) -> tuple[int, str]:
    """Run pytest on one file in a process of its own; return its exit code and what it said."""
    (folder / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (folder / "test_music.py").write_text(test, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    inherited = {name: value for name, value in os.environ.items() if name not in {"CI", "PYTEST_ADDOPTS"}}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--strict-markers", "-p", "no:cacheprovider", "-p", "no:xdist"],
        cwd=folder,
        env=inherited | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_missing_parts_are_counted_and_named_with_what_to_do(tmp_path: Path) -> None:
    code, says = run(tmp_path, MUSIC)
    assert code == 0
    assert "1 passed, 2 skipped" in says
    assert "2 tests did not run: A harp is not installed. Run `make setup-system` (Debian, root)." in says


def test_in_ci_a_missing_part_is_a_failure(tmp_path: Path) -> None:
    code, says = run(tmp_path, MUSIC, CI="true")
    assert code == 1
    assert "1 passed, 2 errors" in says
    assert "A harp is not installed. Run `make setup-system`" in says


def test_a_part_that_nobody_knows_is_an_error(tmp_path: Path) -> None:
    code, says = run(tmp_path, MUSIC.replace('"harp"', '"lute"'))
    assert code == 1
    assert "no part of the system is called 'lute'; known: harp, earth" in says


def test_a_run_without_missing_parts_says_nothing_of_them(tmp_path: Path) -> None:
    code, says = run(tmp_path, MUSIC.replace('needs("harp")', 'needs("earth")').replace("raise", "assert piece or"))
    assert code == 0
    assert "3 passed" in says
    assert "setup-system" not in says


def test_programs_are_found_where_only_root_looks() -> None:
    assert find_program("no-such-program", "sh") == find_program("sh")
    assert find_program("no-such-program") is None
    assert find_program("chroot") == "/usr/sbin/chroot"


def test_the_parts_are_those_that_make_setup_system_installs() -> None:
    packages = (Path(__file__).parents[2] / "requirements" / "debian.txt").read_text(encoding="utf-8")
    assert all(part in packages for part in PARTS)


def test_asking_for_nothing_that_is_known_is_an_error_of_the_test() -> None:
    with pytest.raises(ValueError, match="no part of the system is called ''"):
        require("")
