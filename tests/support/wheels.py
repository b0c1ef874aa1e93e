"""The sdist and the wheel, built of a copy of this checkout, and environments with the wheel."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RELEASE = ROOT / "build" / "release"
ENVIRONMENT = RELEASE / "environment"
LEFT_OUT = shutil.ignore_patterns(
    ".*", "build", "node_modules", "__pycache__", "*.egg-info", "benchmarks"
)
UV = str(Path(sys.executable).with_name("uv"))


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist, and the wheel of the sdist, into a folder; return both."""
    copy = folder / "source"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
    _uv("build", "--no-build-isolation", "--python", sys.executable, "--out-dir", folder, copy)
    shutil.rmtree(copy)
    (sdist,), (wheel,) = folder.glob("*.tar.gz"), folder.glob("*.whl")
    return sdist, wheel


def install_alone(wheel: Path, folder: Path) -> None:
    """Install a wheel without its dependencies into a folder for PYTHONPATH."""
    _uv("pip", "install", "--no-deps", "--python", sys.executable, "--target", folder, wheel)


def environment_with(wheel: Path, extras: str, folder: Path) -> Path:
    """Make an empty environment, install the wheel with our pinned packages; return its bin."""
    _uv("venv", "--clear", "--python", sys.executable, folder)
    pins = ROOT / "requirements" / "dev.txt"
    wanted = f"{wheel}[{extras}]"
    _uv("pip", "install", "--python", folder / "bin" / "python", "--constraint", pins, wanted)
    return folder / "bin"


def _uv(*arguments: str | Path) -> None:
    subprocess.run([UV, *map(str, arguments), "--quiet"], check=True)
