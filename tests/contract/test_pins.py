"""Every package is pinned to a version and its hashes, and installed only by them."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PINNED = [
    *sorted((ROOT / "functions").glob("*.txt")),
    *sorted((ROOT / "requirements").glob("*.txt")),
]
_PIN = re.compile(
    r"[A-Za-z0-9._-]+(\[[\w,.-]+\])?==[\w.!+]+( ;[^\\]*)?( --hash=sha256:[0-9a-f]{64})+"
)
# A recipe's line, and a list of words in Python.
INSTALLING = {
    "Makefile": re.compile(r"pip (?:install|sync)[^\n]*"),
    "functions/build_dependencies.py": re.compile(r'"pip", "install"[^\]]*'),
}


@pytest.mark.parametrize("path", PINNED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_package_is_pinned_with_its_hashes(path: Path) -> None:
    lines = re.sub(r"\s*\\\n\s*", " ", path.read_text("utf-8")).splitlines()
    packages = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    assert packages
    assert [package for package in packages if not _PIN.fullmatch(package)] == []


def test_a_lock_file_names_no_address_and_nobody() -> None:
    """npm writes where it downloaded a package, and its funding links."""
    folders = (ROOT / "tests", ROOT / "benchmarks")
    locks = [lock for folder in folders for lock in folder.rglob("package-lock.json")]
    assert locks
    for path in [*locks, *PINNED]:
        if "node_modules" not in path.parts:
            assert "://" not in path.read_text("utf-8"), path


@pytest.mark.parametrize("path", INSTALLING)
def test_nothing_is_installed_but_by_its_hash(path: str) -> None:
    """Ourselves aside: a checkout has none, and brings nothing with it."""
    commands = INSTALLING[path].findall((ROOT / path).read_text("utf-8"))
    ours = [
        command for command in commands if command.endswith("--no-deps --no-build-isolation -e .")
    ]

    assert len(commands) > len(ours)
    assert [c for c in commands if "--require-hashes" not in c and c not in ours] == []
