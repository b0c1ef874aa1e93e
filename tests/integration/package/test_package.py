"""The packages that are deployed: one for each side, small, reproducible, and complete."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import botocore
import pytest

from changecast.hub.announcing.metadata import read_document
from testbed.expand import ROOT, expanded
from testbed.package import (
    MAKEFILE,
    SIDES,
    build,
    build_function,
    environment,
    functions,
    handlers,
    unpack,
)

HERE = Path(__file__).parent
SAMPLE = ROOT / "tests/samples/a-current-approved.json"
LANGUAGES = "changecast/customer/compose/languages"
RUNTIMES = ("3.11", "3.12", "3.13")
LIBRARIES = ("pydantic_core/_pydantic_core", "wrapt/_wrappers", "markupsafe/_speedups")
# The ELF machine (e_machine), and how wheels call it.
MACHINES = {"arm64": (0xB7, "aarch64"), "x86_64": (0x3E, "x86_64")}


# What else a side's package must be able to do, besides starting every handler.
TRIED = {"customer": "compose_one.py", "hub": "read_one.py"}


def allowed(parameter: str) -> list[str]:
    values = expanded("template.yaml")["Parameters"][parameter]["AllowedValues"]
    return [value.removeprefix("python") for value in values]


@pytest.fixture(scope="module", params=SIDES)
def side(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def package(side: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("built"), side)


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(package, tmp_path_factory.mktemp("unpacked"))


@pytest.fixture(scope="module")
def for_every_machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A customer's package for every runtime and architecture that the templates allow."""
    runtimes, architectures = " ".join(allowed("PythonRuntime")), " ".join(MACHINES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHITECTURES", architectures)
        return build(tmp_path_factory.mktemp("machines"), "customer", runtimes)


@pytest.fixture(scope="module")
def for_every_runtime(
    side: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    if side == "customer":
        whole = request.getfixturevalue("for_every_machine")
    else:
        whole = build(tmp_path_factory.mktemp("whole"), side, runtimes=" ".join(RUNTIMES))
    return unpack(whole, tmp_path_factory.mktemp("unpacked"))


@pytest.fixture(scope="module")
def binaries(for_every_machine: Path) -> dict[str, bytes]:
    """The first bytes of every compiled library of a package for everything that is allowed."""
    with zipfile.ZipFile(for_every_machine) as opened:
        return {n: opened.read(n)[:20] for n in opened.namelist() if n.endswith(".so")}


@pytest.fixture(scope="module")
def change(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The canonical change that the hub makes of the sample, as customers get it."""
    path = tmp_path_factory.mktemp("change") / "change.json"
    path.write_text(read_document(SAMPLE.read_bytes()).change.model_dump_json(), "utf-8")
    return path


@cache
def interpreters() -> list[str]:
    """Every Python of a supported runtime on this machine, on PATH or kept by pyenv."""
    found = (next(filter(_starts, _candidates(runtime)), None) for runtime in RUNTIMES)
    return [path for path in found if path]


def _candidates(runtime: str) -> Iterator[str]:
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    if on_path := shutil.which(f"python{runtime}"):
        yield on_path
    yield from map(str, kept.glob(f"{runtime}.*/bin/python"))


def _starts(interpreter: str) -> bool:
    """A shim of pyenv is there and fails."""
    bare = [interpreter, "-I", "-S", "-c", ""]
    return subprocess.run(bare, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("interpreter", interpreters())
def test_every_handler_starts_without_any_other_package(
    interpreter: str, side: str, for_every_runtime: Path
) -> None:
    assert handlers(side)
    run_on(for_every_runtime, interpreter, "import_all.py", *handlers(side))


@pytest.mark.parametrize("interpreter", interpreters())
def test_a_side_does_its_work_without_any_other_package(
    interpreter: str, side: str, for_every_runtime: Path, change: Path
) -> None:
    languages = [path.stem for path in (for_every_runtime / LANGUAGES).glob("*.toml")]
    given = {"customer": [str(change), *languages], "hub": [str(SAMPLE)]}[side]

    assert bool(languages) == (side == "customer")
    run_on(for_every_runtime, interpreter, TRIED[side], *given)


def run_on(package: Path, interpreter: str, script: str, *arguments: str) -> None:
    ran = subprocess.run(
        [interpreter, "-S", "-P", str(HERE / script), *arguments],
        env=environment() | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr


def test_the_templates_allow_what_these_tests_build() -> None:
    assert allowed("Architecture") == sorted(MACHINES)


def test_every_pair_of_runtime_and_architecture_has_all_libraries(
    binaries: dict[str, bytes],
) -> None:
    wanted = {
        f"{library}.cpython-{runtime.replace('.', '')}-{machine}-linux-gnu.so"
        for library, runtime in product(LIBRARIES, allowed("PythonRuntime"))
        for _, machine in MACHINES.values()
    }
    assert set(binaries) == wanted


def test_the_machine_in_a_binary_is_the_one_in_its_name(binaries: dict[str, bytes]) -> None:
    for name, start in binaries.items():
        (machine,) = (code for code, named in MACHINES.values() if f"-{named}-" in name)
        assert start[:4] == b"\x7fELF"
        assert int.from_bytes(start[18:20], "little") == machine


def test_a_package_holds_no_module_of_the_other_side(side: str, package: Path) -> None:
    (other,) = SIDES.keys() - {side}
    names = zipfile.ZipFile(package).namelist()

    assert [name for name in names if name.startswith(f"changecast/{side}/")]
    assert [name for name in names if name.startswith(f"changecast/{other}/")] == []
    assert [name for name in handlers(other) if f"{name}.py" in names] == []
    assert [name for name in handlers(side) if f"{name}.py" not in names] == []


def test_this_python_is_among_those_that_were_tried() -> None:
    assert interpreters()


def test_the_package_is_small(package: Path) -> None:
    unpacked = sum(entry.file_size for entry in zipfile.ZipFile(package).infolist())

    assert package.stat().st_size <= 9.2e6
    assert unpacked <= 26e6


def packed_for(makefile: Path) -> list[str]:
    """The runtimes that a build by this Makefile packs for."""
    told = {name: value for name, value in os.environ.items() if name != "RUNTIMES"}
    command = ["make", "--silent", "--makefile", str(makefile), "--eval", "told:;@echo $(RUNTIMES)"]
    return subprocess.check_output([*command, "told"], env=told, text=True).split()


def test_every_function_runs_on_the_runtime_that_the_package_is_built_for() -> None:
    (runtime,) = packed_for(MAKEFILE)

    assert all(found["Runtime"] == {"Ref": "PythonRuntime"} for found in functions().values())
    for path in ("template.yaml", "hub/template.yaml"):
        assert expanded(path)["Parameters"]["PythonRuntime"]["Default"] == f"python{runtime}"


def test_a_runtime_that_samconfig_names_is_packed_for_too(tmp_path: Path) -> None:
    for name in ("template.yaml", "functions/Makefile"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    lines = ["parameter_overrides = [", '"PythonRuntime=python3.11",', "]"]
    (tmp_path / "samconfig.toml").write_text("\n".join(lines), "utf-8")

    assert packed_for(tmp_path / "functions" / "Makefile") == ["3.11", "3.13"]


def test_a_client_of_the_package_takes_what_one_of_the_whole_library_takes(unpacked: Path) -> None:
    """The texts are removed from botocore's data, and nothing else."""
    data = Path(botocore.__file__).parent / "data"
    kept = [path.relative_to(unpacked / "botocore" / "data") for path in _described(unpacked)]

    assert kept
    for path in kept:
        whole = json.loads(gzip.decompress((data / f"{path}.gz").read_bytes()))
        cut = json.loads((unpacked / "botocore" / "data" / path).read_bytes())
        assert _bare(cut) == _bare(whole), path


def _described(unpacked: Path) -> list[Path]:
    return list((unpacked / "botocore" / "data").glob("*/*/service-2.json"))


def _bare(value: Any) -> Any:
    """The same, where a text that documents says nothing."""
    if isinstance(value, dict):
        texts = {name for name in value if name == "documentation" and str is type(value[name])}
        return {name: "" if name in texts else _bare(inner) for name, inner in value.items()}
    return [_bare(inner) for inner in value] if isinstance(value, list) else value


def test_the_same_sources_give_the_same_bytes(side: str, package: Path, tmp_path: Path) -> None:
    again = build(tmp_path, side)

    assert again.name == package.name
    assert _digest(again) == _digest(package)


def test_no_time_owner_or_folder_of_the_builder_is_in_the_package(package: Path) -> None:
    archive = zipfile.ZipFile(package)

    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
    ours = [name for name in archive.namelist() if name.startswith("changecast/")]
    assert not [name for name in ours if str(ROOT).encode() in archive.read(name)]


def test_all_functions_of_a_stack_share_one_zip(side: str, tmp_path: Path) -> None:
    assert len({build_function(tmp_path, name) for name in functions(side)}) == 1


def test_what_only_builds_is_not_deployed(unpacked: Path) -> None:
    assert not list(unpacked.glob("build_*"))
    assert not (unpacked / "Makefile").exists()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
