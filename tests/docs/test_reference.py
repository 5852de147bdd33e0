"""The hook reference is what its program writes from the specifications of today."""

import importlib.util
import re
from types import ModuleType

import pytest

from tests.docs.guides import ROOT


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    """Return `docs/write_hooks.py`, which lies in no package."""
    spec = importlib.util.spec_from_file_location("write_hooks", ROOT / "docs" / "write_hooks.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_hook_reference_is_current(writer: ModuleType) -> None:
    assert (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8") == writer.page(), "run `make docs`"


def test_every_hook_has_its_example_as_a_method(writer: ModuleType) -> None:
    page = writer.page()
    for owner in writer.owners():
        for hook in owner.hooks:
            methods = re.findall(rf"^def {hook.name}\(\s*self[^:]*.*\n    return ", page, flags=re.MULTILINE)
            assert len(methods) == 1, hook.name


def test_the_reference_says_what_each_hook_contributes(writer: ModuleType) -> None:
    page = writer.page()
    ours = {hook.contributes for owner in writer.owners() for hook in owner.hooks if "." not in hook.contributes}
    assert [name for name in sorted(ours) if f"`{name}`: " not in page] == []
