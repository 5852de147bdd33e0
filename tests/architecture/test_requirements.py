"""What is installed: named in the locks with hashes, fit for `pyproject.toml`, and put there by `make setup`."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.architecture.source import ROOT, nothing_of

FOLDER = ROOT / "requirements"
LOCKS = ("run.txt", "dev.txt")

PYTHON = """#!/bin/sh
case "$2" in
    *print*) echo {version} ;;
    *version_info*) exit {old} ;;
    *venv*) exit {venv} ;;
esac
"""
"""Stands for an installed Python: answers the three questions that the script asks."""


def project() -> dict[str, Any]:
    parsed: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return parsed


def locked(name: str) -> dict[str, Version]:
    """Return the packages of a lock with their versions."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    return {
        canonicalize_name(package): Version(version)
        for package, version in re.findall(r"^([\w.-]+)==(\S+)", text, flags=re.MULTILINE)
    }


def wanted(name: str) -> list[Requirement]:
    extras = project()["optional-dependencies"]
    lines = [*project()["dependencies"], *extras["postgres"], *(extras["dev"] if name == "dev.txt" else ())]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_what_the_project_asks_for(name: str) -> None:
    versions = locked(name)
    nothing_of(
        f"{requirement} is not in {name}: run `make lock`"
        for requirement in wanted(name)
        if (version := versions.get(canonicalize_name(requirement.name))) is None
        or version not in requirement.specifier
    )


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_a_lock_has_its_hashes(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    nothing_of(
        entry.splitlines()[0]
        for entry in re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)
        if "==" in entry and "--hash=sha256:" not in entry
    )


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_packages_and_no_places(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert not re.findall(r"://|^-|@ ", text, flags=re.MULTILINE)


def test_what_runs_is_what_was_tested() -> None:
    tested = locked("dev.txt")
    nothing_of(
        f"{package} {version}" for package, version in locked("run.txt").items() if tested.get(package) != version
    )


def test_what_runs_brings_no_tools_along() -> None:
    tools = {"pytest", "mypy", "ruff", "playwright", "hypothesis", "aiosmtpd", "pip-tools"}
    assert not tools & locked("run.txt").keys()


# --- finding a Python -------------------------------------------------------------------------------------------


def find_python(folder: Path, **programs: tuple[str, bool, bool]) -> tuple[int, str]:
    """Look for a Python where only these are: name → (version, new enough, makes environments)."""
    for name, (version, new, venv) in programs.items():
        file = folder / name.replace("_", ".")
        file.write_text(PYTHON.format(version=version, old=int(not new), venv=int(not venv)), encoding="utf-8")
        file.chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", FOLDER / "find-python.sh"],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()


def test_the_newest_python_that_will_do_is_taken(tmp_path: Path) -> None:
    found = find_python(tmp_path, python3_11=("3.11", True, True), python3_12=("3.12", True, True))
    assert found == (0, str(tmp_path / "python3.12"))


def test_a_plain_python3_will_do_when_it_is_new_enough(tmp_path: Path) -> None:
    assert find_python(tmp_path, python3=("3.14", True, True)) == (0, str(tmp_path / "python3"))


def test_a_python_that_cannot_make_environments_is_passed_over(tmp_path: Path) -> None:
    found = find_python(tmp_path, python3_12=("3.12", True, False), python3_11=("3.11", True, True))
    assert found == (0, str(tmp_path / "python3.11"))


def test_without_any_python_one_is_asked_for(tmp_path: Path) -> None:
    code, says = find_python(tmp_path)
    assert code == 1
    assert says.startswith("Python 3.11 or newer is needed, and there is none.")


def test_a_python_that_is_too_old_is_named_with_its_version(tmp_path: Path) -> None:
    code, says = find_python(tmp_path, python3=("3.9", False, True))
    assert code == 1
    assert says.startswith("Python 3.11 or newer is needed, and python3 is 3.9.")


def test_a_python_without_venv_is_named_with_what_to_install(tmp_path: Path) -> None:
    code, says = find_python(tmp_path, python3_11=("3.11", True, False))
    assert code == 1
    assert says == "python3.11 cannot make virtual environments. On Debian: apt-get install python3-venv"
