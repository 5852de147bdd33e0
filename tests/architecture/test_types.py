"""A type checker sees a hook that does not fit, in the plugin of somebody else, before any site starts."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

SAMPLES = ROOT / "tests" / "data" / "plugins"

# Without what an earlier run remembered the whole project is read first.
pytestmark = pytest.mark.timeout(300)


def check(path: Path) -> str:
    """Return what mypy says, strict as this project's own settings are."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--no-error-summary", "--no-pretty", "--hide-error-context"),
            *("--config-file", ROOT / "pyproject.toml", "--cache-dir", ROOT / ".mypy_cache", path),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr or done.stdout
    return done.stdout


def test_a_plugin_that_fits_passes() -> None:
    assert check(SAMPLES / "right_signature.py") == ""


def test_a_wrong_argument_and_a_wrong_contribution_are_found_on_their_lines() -> None:
    source = (SAMPLES / "wrong_signature.py").read_text(encoding="utf-8").splitlines()
    lines = {
        name: number for number, line in enumerate(source, 1) for name in ("jobs", "channels") if f"_{name}(" in line
    }
    found = [line for line in check(SAMPLES / "wrong_signature.py").splitlines() if ": error:" in line]
    assert len(found) == 2
    assert f':{lines["jobs"]}: error: Signature of "helpdesk_jobs" incompatible with supertype' in found[0]
    assert f':{lines["channels"]}: error: Return type "Sequence[Job]" of "helpdesk_channels"' in found[1]
