"""The check at start: another ministack, or one that lacks what we patch, is named at once."""

import ast
from pathlib import Path

import pytest

import changecast_local
from changecast_local import bridge, private_names
from changecast_local.private_names import PRIVATE_NAMES, WrongMinistack, check

SOURCES = Path(changecast_local.__file__).parent


@pytest.fixture(autouse=True)
def loaded() -> None:
    bridge.install()


def test_the_installed_ministack_has_everything() -> None:
    check()


def test_all_that_is_missing_is_named_in_one_error() -> None:
    names = {"ministack.app": ("app", "_gone"), "ministack.services.sqs": ("_away",)}
    with pytest.raises(WrongMinistack, match=r"ministack\.app\._gone, ministack\..*sqs\._away"):
        check(names)


def test_another_version_is_refused() -> None:
    with pytest.raises(WrongMinistack, match=r"needs ministack 0\.0\.1, found 1\.5\.33"):
        check(pinned="0.0.1")


def test_every_private_name_that_we_use_is_checked() -> None:
    """Read our own source: `module._name` of a ministack module must be in the list."""
    from changecast_local import ses  # noqa: PLC0415 - imports ministack, which is loaded now

    known = {
        f"{module.rsplit('.', 1)[-1]}.{name}"
        for table in (private_names.PRIVATE_NAMES, ses.PRIVATE_NAMES)
        for module, names in table.items()
        for name in names
    }
    modules = {module.rsplit(".", 1)[-1] for module in PRIVATE_NAMES}
    used = {
        f"{node.value.id}.{node.attr}"
        for source in SOURCES.rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in modules
        and node.attr.startswith("_")
    }
    assert used - known == set()
    assert used, "the search itself must find something"
