"""The package that is deployed: small, the same bytes each time, enough by itself everywhere."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest

from tests.isolation.expand import ROOT, expanded
from tests.support.package import MAKEFILE, build, environment, functions, unpack

HERE = Path(__file__).parent
RUNTIMES = ("3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("built"))


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpack(package, tmp_path_factory.mktemp("unpacked"))


@pytest.fixture(scope="module")
def for_every_runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    whole = build(tmp_path_factory.mktemp("whole"), runtimes=" ".join(RUNTIMES))
    return unpack(whole, tmp_path_factory.mktemp("unpacked"))


def interpreters() -> Iterator[str]:
    """Every Python of a supported runtime on this machine, on PATH or kept by pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    for runtime in RUNTIMES:
        found = [shutil.which(f"python{runtime}"), *map(str, kept.glob(f"{runtime}.*/bin/python"))]
        yield from [path for path in found if path and _starts(path)][:1]


def _starts(interpreter: str) -> bool:
    """A shim of pyenv is there and fails."""
    return subprocess.run([interpreter, "-c", ""], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("interpreter", [*interpreters()])
def test_every_handler_starts_and_composes_without_any_other_package(
    interpreter: str, for_every_runtime: Path
) -> None:
    handlers = [found["Handler"].removesuffix(".handler") for found in functions().values()]
    languages = [
        path.stem for path in for_every_runtime.glob("changecast/compose/languages/*.toml")
    ]
    arguments = [str(ROOT / "tests/samples/a-current-approved.json"), *languages, "--", *handlers]

    ran = subprocess.run(
        [interpreter, "-S", "-P", str(HERE / "compose_one.py"), *arguments],
        env=environment() | {"PYTHONPATH": str(for_every_runtime)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert languages
    assert ran.returncode == 0, ran.stderr


def test_this_python_is_among_those_that_were_tried() -> None:
    assert [*interpreters()]


def test_the_package_is_small(package: Path) -> None:
    unpacked = sum(entry.file_size for entry in zipfile.ZipFile(package).infolist())

    assert package.stat().st_size <= 10e6
    assert unpacked <= 30e6


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
    """The texts are gone from botocore's data: nothing else may be."""
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


def test_the_same_sources_give_the_same_bytes(package: Path, tmp_path: Path) -> None:
    again = build(tmp_path)

    assert again.name == package.name
    assert _digest(again) == _digest(package)


def test_no_time_owner_or_folder_of_the_builder_is_in_the_package(package: Path) -> None:
    archive = zipfile.ZipFile(package)

    assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
    ours = [name for name in archive.namelist() if name.startswith("changecast/")]
    assert not [name for name in ours if str(ROOT).encode() in archive.read(name)]


def test_all_functions_of_a_stack_stand_on_one_zip(tmp_path: Path) -> None:
    assert len({build(tmp_path, name) for name in functions()}) == 1


def test_what_only_builds_is_not_deployed(unpacked: Path) -> None:
    assert not list(unpacked.glob("build_*"))
    assert not (unpacked / "Makefile").exists()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
