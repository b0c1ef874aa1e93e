"""The dependencies of the package: installed for the runtime, cut to what we use, zipped.

The Makefile names the runtimes that are deployed in the environment variable RUNTIMES ("3.13", or
"3.11 3.13"): compiled parts and byte code are put in for each of them.
The zip is kept in the user's cache for the next build.
"""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

RUNTIMES = tuple(os.environ["RUNTIMES"].split())
PLATFORM = "manylinux2014_x86_64"
COMPILED = ("markupsafe", "pydantic-core", "wrapt")
SERVICES = frozenset({"dynamodb", "events", "s3", "sesv2", "sns", "sqs", "ssm", "sts", "xray"})
ENDPOINTS = SERVICES - {"sesv2"} | {"email"}  # their names in endpoints.json
# Parts of packages that no function imports.
UNUSED = (
    "bin", "wrapt-stubs", "boto3/examples", "boto3/data/[!d]*", "icalendar/tests", "pydantic/v1",
    "pydantic/mypy.py", "aws_xray_sdk/ext/[!_bur]*", "babel/messages", "dateutil/zoneinfo/*.gz",
    "urllib3/contrib/emscripten", "*.dist-info/licenses", "*.dist-info/RECORD", "**/*.pyi",
    "**/*.c", "**/*.pyx", "botocore/data/*/*/examples-1.json",
)  # fmt: skip


def dependencies(requirements: Path, languages: list[str]) -> Path:
    """A zip of what the pinned requirements install, as it was made once on this machine."""
    inputs = [requirements.read_bytes(), Path(__file__).read_bytes()]
    words = [word.encode() for word in (*languages, *RUNTIMES, *candidates())]
    digest = hashlib.sha256(b"\0".join([*inputs, *words])).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "changecast"
    ready = cache / f"dependencies-{digest}.zip"
    if not ready.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            package, unfinished = Path(scratch) / "all", Path(scratch) / "zip"
            _install(requirements, Path(scratch), package)
            _trim(package, languages)
            _lighten(package / "botocore" / "data")
            compile_all(package)
            write_zip(package, unfinished)
            unfinished.rename(ready)
    return ready


def _install(requirements: Path, scratch: Path, package: Path) -> None:
    """Everything once, and the compiled wheels for each other runtime over it."""
    compiled = scratch / "compiled.txt"
    lines = requirements.read_text("utf-8").replace("\\\n", " ").splitlines()
    compiled.write_text("\n".join(line for line in lines if line.startswith(COMPILED)), "utf-8")
    _pip(requirements, package, RUNTIMES[0])
    for runtime in RUNTIMES[1:]:
        other = scratch / runtime
        _pip(compiled, other, runtime)
        for library in other.rglob("*.so"):
            shutil.copyfile(library, package / library.relative_to(other))


def _pip(requirements: Path, target: Path, runtime: str) -> None:
    command = [
        sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check",
        "--no-deps", "--require-hashes", "--no-compile", "--only-binary", ":all:",
        "--platform", PLATFORM, "--implementation", "cp", "--python-version", runtime,
        "--target", str(target), "--requirement", str(requirements),
    ]  # fmt: skip
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments only


def _trim(package: Path, languages: list[str]) -> None:
    """Cut botocore's data to our services, Babel's to our languages, and what is never imported."""
    unused = [found for pattern in UNUSED for found in package.glob(pattern)]
    for service in (package / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in SERVICES:
            unused.append(service)
    for locale in (package / "babel" / "locale-data").glob("*.dat"):
        if locale.stem.split("_")[0] not in {"root", *languages}:
            unused.append(locale)
    for path in unused:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _lighten(data: Path) -> None:
    """Make of botocore's data what a client reads in half the time: no texts, no other services.

    Not compressed either: the zip does that. What describes a service, its shapes and its rules for
    endpoints, stays whole.
    """
    for packed in data.glob("*/*/*.json.gz"):
        described = _without_texts(json.loads(gzip.decompress(packed.read_bytes())))
        _write_json(packed.with_suffix(""), described)
        packed.unlink()
    path = data / "endpoints.json"
    endpoints = json.loads(path.read_bytes())
    for partition in endpoints["partitions"]:
        services = partition["services"].items()
        partition["services"] = {name: ways for name, ways in services if name in ENDPOINTS}
    _write_json(path, endpoints)


def _without_texts(value: Any) -> Any:
    """The same with every `documentation` empty; a member of that name is a dict, and stays."""
    if isinstance(value, list):
        return [_without_texts(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    bare = {name: _without_texts(inner) for name, inner in value.items()}
    return bare | {"documentation": ""} if isinstance(value.get("documentation"), str) else bare


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")), "utf-8")


def candidates() -> list[str]:
    """What may be an interpreter of the runtimes: this one, those on PATH, and those of pyenv.

    As `path`, or `path version` for this one. Cheap: nothing is started.
    """
    return [f"{sys.executable} {sys.version}", *_others()]


def _others() -> Iterator[str]:
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for runtime in RUNTIMES:
        if path := shutil.which(f"python{runtime}"):
            yield path
        yield from sorted(map(str, kept.glob(f"{runtime}.*/bin/python")))


@lru_cache(maxsize=1)
def interpreters() -> list[str]:
    """One interpreter for each of the runtimes that this machine has; says which it has not."""
    found: dict[str, str] = {}
    for candidate in candidates():
        path = candidate.split(" ")[0]
        found.setdefault(_runtime(path), path)
    for missing in sorted({*RUNTIMES} - found.keys()):
        print(
            f"No Python {missing} on this machine: the package has no byte code for it, so that a "
            "cold start takes 3.5 times as long. Install it and build again.",
            file=sys.stderr,
        )
    return [found[runtime] for runtime in RUNTIMES if runtime in found]


def _runtime(interpreter: str) -> str:
    """3.13, or nothing where the interpreter does not start (a shim of pyenv may not)."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    command = [interpreter, "-I", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def compile_all(package: Path) -> None:
    """Byte code for each runtime that this machine has: without it a cold start takes 3.5 times.

    A zip changes times, so the code must not be checked against them (PEP 552).
    """
    for interpreter in interpreters():
        command = [
            interpreter, "-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash",
            "-s", str(package), "-p", "/var/task", str(package),
        ]  # fmt: skip
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S603


def write_zip(folder: Path, package: Path) -> None:
    """Add a folder to a zip: the same bytes for the same files (sorted, no times, no owners)."""
    with ZipFile(package, "a", ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = ZipInfo(path.relative_to(folder).as_posix())
                entry.compress_type = ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, path.read_bytes())
