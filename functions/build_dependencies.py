"""Install a package's dependencies for its runtime, cut them to what we use, and zip them.

The Makefile names the deployed runtimes in the environment variable RUNTIMES ("3.13", or "3.11
3.13") and the architectures in ARCHITECTURES ("x86_64", or "arm64 x86_64"). The zip has compiled
parts for each pair of them, and byte code for each runtime. The zip is kept in the user's cache for
the next build, and so are the packages that are not compiled.
"""

import gzip
import hashlib
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

RUNTIMES = tuple(os.environ["RUNTIMES"].split())
ARCHITECTURES = tuple(os.environ.get("ARCHITECTURES", "x86_64").split())
PLATFORMS = {"arm64": "manylinux2014_aarch64", "x86_64": "manylinux2014_x86_64"}
COMPILED = ("markupsafe", "pydantic-core", "wrapt")
# The AWS services whose clients each side makes.
SERVICES = {
    "customer": frozenset(
        {"dynamodb", "events", "s3", "secretsmanager", "sesv2", "sns", "sqs", "xray"}
    ),
    "hub": frozenset({"dynamodb", "events", "s3", "sns", "sqs", "ssm", "sts", "xray"}),
}
ENDPOINT_NAMES = {"sesv2": "email"}  # if endpoints.json has another name
# Parts of packages that no function imports.
UNUSED = (
    "bin", "wrapt-stubs", "boto3/examples", "boto3/data/[!d]*", "icalendar/tests", "pydantic/v1",
    "pydantic/mypy.py", "aws_xray_sdk/ext/[!_bur]*", "babel/messages", "dateutil/zoneinfo/*.gz",
    "urllib3/contrib/emscripten", "*.dist-info/licenses", "*.dist-info/RECORD", "**/*.pyi",
    "**/*.c", "**/*.pyx", "botocore/data/*/*/examples-1.json",
    # Commands and tests of packages, and support for frameworks that no function uses.
    "annotated_types/test_cases.py", "aws_xray_sdk/ext/bottle", "aws_xray_sdk/ext/requests",
    "babel/support.py", "babel/units.py", "botocore/stub.py", "icalendar/cli.py", "jinja2/ext.py",
    "jinja2/meta.py", "jinja2/nativetypes.py", "markdown_it/cli", "markdown_it/port.yaml",
    "publicsuffixlist/test*", "tzdata/zoneinfo/*.tab", "tzdata/zoneinfo/tzdata.zi",
    "publicsuffixlist/update.py", "pydantic/color.py",
    "pydantic/experimental", "urllib3/contrib/pyopenssl.py", "urllib3/contrib/socks.py",
    # Support for awscrt and for downloads in several processes: the functions use neither.
    "boto3/crt.py", "botocore/crt/auth.py", "s3transfer/crt.py",
    "s3transfer/processpool.py",
)  # fmt: skip

# Tables in Babel's locales that no mail uses.
UNUSED_WORDS = frozenset(
    {
        "unit_patterns", "languages", "currency_names_plural", "currency_names", "scripts",
        "unit_display_names", "meta_zones", "territories", "date_fields", "variants",
        "compact_decimal_formats", "compound_unit_patterns", "currency_symbols",
        "compact_currency_formats", "currency_formats", "list_patterns",
        "interval_formats", "datetime_skeletons", "scientific_formats", "percent_formats",
    }
)  # fmt: skip


def dependencies(side: str, requirements: Path, languages: list[str]) -> Path:
    """Return a zip of what the pinned requirements install, made once on this machine."""
    inputs = [requirements.read_bytes(), Path(__file__).read_bytes()]
    words = [word.encode() for word in (side, *languages, *RUNTIMES, *ARCHITECTURES, *candidates())]
    digest = hashlib.sha256(b"\0".join([*inputs, *words])).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "changecast"
    ready = cache / f"dependencies-{digest}.zip"
    if not ready.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            package, unfinished = Path(scratch) / "all", Path(scratch) / "zip"
            _install(requirements, cache, Path(scratch), package)
            _trim(package, SERVICES[side], languages)
            _lighten(package / "botocore" / "data", SERVICES[side])
            _lighten_locales(package)
            compile_all(package)
            write_zip(package, unfinished)
            unfinished.rename(ready)
    return ready


def _install(requirements: Path, cache: Path, scratch: Path, package: Path) -> None:
    """Install the packages in Python, then the compiled ones for each runtime and architecture."""
    lines = requirements.read_text("utf-8").replace("\\\n", " ").splitlines()
    compiled = scratch / "compiled.txt"
    compiled.write_text("\n".join(line for line in lines if line.startswith(COMPILED)), "utf-8")
    in_python = [line for line in lines if not line.startswith(COMPILED)]
    shutil.copytree(_in_python(in_python, cache, scratch), package)
    for architecture, runtime in product(ARCHITECTURES, RUNTIMES):
        other = scratch / f"{architecture}-{runtime}"
        _pip(compiled, other, architecture, runtime)
        for path in other.rglob("*"):
            target = package / path.relative_to(other)
            if path.is_file() and (path.suffix == ".so" or not target.exists()):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def _in_python(lines: list[str], cache: Path, scratch: Path) -> Path:
    """Return a folder with these packages, installed once: they suit every runtime and machine."""
    words = [line.encode() for line in (sys.version.split(" ")[0], *lines)]
    digest = hashlib.sha256(b"\0".join(words)).hexdigest()[:16]
    ready = cache / f"packages-{digest}"
    if not ready.exists():
        listed, unfinished = scratch / "python.txt", scratch / "python"
        listed.write_text("\n".join(lines), "utf-8")
        _pip(listed, unfinished, ARCHITECTURES[0], RUNTIMES[0])
        if libraries := sorted(unfinished.rglob("*.so")):
            raise SystemExit(f"{libraries[0].name} is compiled: add its package to COMPILED")
        with suppress(OSError):  # another build was quicker
            unfinished.rename(ready)
    return ready


def _pip(requirements: Path, target: Path, architecture: str, runtime: str) -> None:
    command = [
        sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check",
        "--no-deps", "--require-hashes", "--no-compile", "--only-binary", ":all:",
        "--platform", PLATFORMS[architecture], "--implementation", "cp",
        "--python-version", runtime,
        "--target", str(target), "--requirement", str(requirements),
    ]  # fmt: skip
    subprocess.run(command, check=True)  # noqa: S603 - our own arguments only


def _trim(package: Path, services: frozenset[str], languages: list[str]) -> None:
    """Cut botocore's data to these services and Babel's to our languages; delete what is unused."""
    unused = [found for pattern in UNUSED for found in package.glob(pattern)]
    for service in (package / "botocore" / "data").iterdir():
        if service.is_dir() and service.name not in services:
            unused.append(service)
    for locale in (package / "babel" / "locale-data").glob("*.dat"):
        if locale.stem.split("_")[0] not in {"root", *languages}:
            unused.append(locale)
    for path in unused:
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _lighten(data: Path, services: frozenset[str]) -> None:
    """Cut texts and unused services from botocore's data: a client then reads it in half the time.

    The data is not compressed, because the zip does that. A service's description, its shapes and
    its endpoint rules stay complete.
    """
    for packed in data.glob("*/*/*.json.gz"):
        described = _without_texts(json.loads(gzip.decompress(packed.read_bytes())))
        _write_json(packed.with_suffix(""), described)
        packed.unlink()
    names = {ENDPOINT_NAMES.get(service, service) for service in services}
    path = data / "endpoints.json"
    endpoints = json.loads(path.read_bytes())
    for partition in endpoints["partitions"]:
        known = partition["services"].items()
        partition["services"] = {name: ways for name, ways in known if name in names}
    _write_json(path, endpoints)


def _lighten_locales(package: Path) -> None:
    """Keep only Babel's data for dates and plurals; mails name no currency or country."""
    sys.path.insert(0, str(package))  # the data is pickled with Babel's own classes
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # compile_all writes it
    try:
        for path in (package / "babel" / "locale-data").glob("*.dat"):
            data = pickle.loads(path.read_bytes())  # noqa: S301 - of a pinned, hashed package
            kept = {name: value for name, value in data.items() if name not in UNUSED_WORDS}
            kept["time_zones"] = _cities(data.get("time_zones", {}))
            path.write_bytes(pickle.dumps(kept, protocol=2))
    finally:
        sys.path.remove(str(package))
        sys.dont_write_bytecode = writes


def _cities(zones: dict[str, Any]) -> dict[str, Any]:
    """Return only each zone's city; the mails use none of a zone's other names."""
    return {zone: {"city": names["city"]} for zone, names in zones.items() if "city" in names}


def _without_texts(value: Any) -> Any:
    """Return the same data with every `documentation` text empty; a member with that name stays."""
    if isinstance(value, list):
        return [_without_texts(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    bare = {name: _without_texts(inner) for name, inner in value.items()}
    return bare | {"documentation": ""} if isinstance(value.get("documentation"), str) else bare


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, separators=(",", ":")), "utf-8")


def candidates() -> list[str]:
    """Return possible interpreters of the runtimes: this one, those on PATH, and those of pyenv.

    Each is `path`, or `path version` for this one. Starts none of them.
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
    """Return an interpreter for each runtime on this machine; print the missing ones."""
    found: dict[str, str] = {}
    for candidate in candidates():
        path = candidate.split(" ")[0]
        found.setdefault(_runtime(path), path)
    for missing in sorted({*RUNTIMES} - found.keys()):
        print(
            f"This machine has no Python {missing}, so the package has no byte code for it, and a "
            f"cold start takes 3.5 times as long. Install it and build again.",
            file=sys.stderr,
        )
    return [found[runtime] for runtime in RUNTIMES if runtime in found]


def _runtime(interpreter: str) -> str:
    """Return the version, such as 3.13; empty if the interpreter does not start (a pyenv shim)."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    command = [interpreter, "-I", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603


def compile_all(package: Path) -> None:
    """Compile for each runtime on this machine; byte code makes a cold start 3.5 times as fast.

    A zip changes file times, so byte code must not be checked against them (PEP 552).
    """
    for interpreter in interpreters():
        command = [
            interpreter, "-m", "compileall", "-qq", "--invalidation-mode", "unchecked-hash",
            "-s", str(package), "-p", "/var/task", str(package),
        ]  # fmt: skip
        subprocess.run(command, check=True, env=os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S603


def write_zip(folder: Path, package: Path) -> None:
    """Add a folder to a zip; the same files give the same bytes (sorted, no times, no owners)."""
    with ZipFile(package, "a", ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = ZipInfo(path.relative_to(folder).as_posix())
                entry.compress_type = ZIP_DEFLATED
                entry.create_system = 3
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, path.read_bytes())
