"""The wheel holds everything that the command needs where there is no checkout."""

import os
import subprocess
import sys
from email.parser import BytesParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.metadata import Metadata

from tests.support import wheels

ROOT = Path(__file__).parents[3]
# What sam builds, what `changecast local` allows its engineers, what the demo announces, and the
# pages that the console shows.
NEEDED = [
    *[*ROOT.glob("docs/*.md"), *ROOT.glob("docs/runbook/*.md")],
    *[ROOT / "template.yaml", *ROOT.glob("hub/*.yaml"), *ROOT.glob("docs/policies/*.json")],
    *[*ROOT.glob("functions/*.py"), *ROOT.glob("functions/requirements-*.txt")],
    ROOT / "functions" / "Makefile",
    *[path for path in ROOT.glob("functions/changecast/**/*") if path.is_file()],
    *[*ROOT.glob("tests/samples/a-current-approved.json")],
]
FIND = "from changecast_cli.deploying.sam import repository; print(repository())"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return wheels.build(tmp_path_factory.mktemp("wheel"))[1]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment variables of a shell that has the installed wheel, and no checkout."""
    folder = tmp_path_factory.mktemp("installed")
    wheels.install_alone(wheel, folder / "packages")
    return {
        **os.environ,
        "PYTHONPATH": str(folder / "packages"),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }


def run(environ: dict[str, str], folder: Path, *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, env=environ, cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_sam_builds_in_a_copy_of_what_was_installed(
    installed: dict[str, str], tmp_path: Path
) -> None:
    folder = Path(run(installed, tmp_path, "-c", FIND))

    assert folder.is_relative_to(installed["XDG_CACHE_HOME"])
    for path in NEEDED:
        if "__pycache__" not in path.parts:
            copy = folder / path.relative_to(ROOT)
            assert copy.read_bytes() == path.read_bytes(), copy
    assert list(tmp_path.iterdir()) == []


def test_a_second_command_uses_the_same_copy(installed: dict[str, str], tmp_path: Path) -> None:
    first = Path(run(installed, tmp_path, "-c", FIND))
    (first / ".aws-sam").mkdir()

    assert (Path(run(installed, tmp_path, "-c", FIND)) / ".aws-sam").exists()


def test_the_pages_and_languages_are_in_the_wheel(wheel: Path) -> None:
    """Everything in a package's folder is in the wheel, whatever its file is called."""
    held = set(ZipFile(wheel).namelist())
    packages = [("changecast_cli", ROOT), ("changecast_local", ROOT)]
    packages.append(("changecast", ROOT / "functions"))
    expected = {
        path.relative_to(above).as_posix()
        for name, above in packages
        for path in (above / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }

    assert expected - held == set()


def test_a_package_index_takes_the_metadata(wheel: Path) -> None:
    """Checked by the rules of the index: pypa's own parser."""
    archive = ZipFile(wheel)
    (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
    metadata = Metadata.from_email(archive.read(name), validate=True)
    described = BytesParser().parsebytes(archive.read(name))

    assert metadata.license_expression == "MIT"
    assert metadata.description
    assert described["Description-Content-Type"] == "text/markdown"
    assert metadata.provides_extra == ["local", "console"]
