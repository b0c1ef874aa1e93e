"""The packages' boundaries: the check works, and the public API costs a function nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(sys.executable).with_name("lint-imports")


PLANTED = [
    ("changecast/hub/registry.py", "changecast.customer.ledger"),
    ("changecast/customer/ledger/states.py", "changecast.hub.tracking"),
    ("changecast/contract/fields.py", "changecast.lambdas.clock"),
    ("changecast/lambdas/clock.py", "changecast.customer.sending"),
    ("changecast/hub/tracking/rows.py", "changecast.hub.announcing"),
    ("changecast/hub/routes.py", "changecast_cli.terminal"),
    ("changecast_local/cloud.py", "changecast.contract.change_announced"),
    ("benchmarks/package.py", "tests"),
    ("testbed/package.py", "tests"),
]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what the check prints about a tree in which every boundary is crossed once."""
    folder = tmp_path_factory.mktemp("copy")
    for name in (
        "functions/changecast", "changecast_cli", "changecast_local", "benchmarks", "testbed",
    ):  # fmt: skip
        shutil.copytree(ROOT / name, folder / Path(name).name)
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    for path, foreign in PLANTED:
        with (folder / path).open("a", encoding="utf-8") as module:
            module.write(f"\nimport {foreign}  # planted\n")
    ran = subprocess.run(
        [PROGRAM, "--no-logo", "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    return ran.stdout


@pytest.mark.parametrize(("path", "foreign"), PLANTED)
def test_an_import_across_a_boundary_is_found(said: str, path: str, foreign: str) -> None:
    """`make check` passes the tree as it is, so what is found here was planted."""
    assert f"{path.removesuffix('.py').replace('/', '.')} -> {foreign}" in said


def test_the_public_api_is_what_it_says() -> None:
    named = "from changecast import Announcement, Hub, announce, connect; print(announce.__name__)"

    assert python(named).strip() == "announce"


def test_the_public_api_costs_a_function_nothing() -> None:
    loaded = "import sys, changecast; print([m for m in sys.modules if m.startswith('changecast')])"

    assert python(loaded).strip() == "['changecast']"


def python(code: str) -> str:
    return subprocess.check_output([sys.executable, "-c", code], cwd=ROOT / "functions", text=True)


def test_the_senders_half_imports_nothing_heavy() -> None:
    heavy = ("jinja2", "icalendar", "pydantic", "babel", "changecast.customer.compose")
    splice = "changecast.customer.renderings.splice"
    code = f"import sys, {splice}; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": "functions"},
    )  # fmt: skip
    assert found.stdout.strip() == "[]"
