"""Every runtime and architecture that the templates allow has its own binaries in the package."""

import zipfile
from itertools import product
from pathlib import Path

import pytest

from testbed.expand import expanded
from testbed.package import build

LIBRARIES = ("pydantic_core/_pydantic_core", "wrapt/_wrappers", "markupsafe/_speedups")
# The ELF machine (e_machine), and how wheels call it.
MACHINES = {"arm64": (0xB7, "aarch64"), "x86_64": (0x3E, "x86_64")}


def allowed(parameter: str) -> list[str]:
    values = expanded("template.yaml")["Parameters"][parameter]["AllowedValues"]
    return [value.removeprefix("python") for value in values]


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The first bytes of every compiled library of a package for everything that is allowed."""
    runtimes, architectures = " ".join(allowed("PythonRuntime")), " ".join(MACHINES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHITECTURES", architectures)
        package: Path = build(tmp_path_factory.mktemp("machines"), "customer", runtimes)
    with zipfile.ZipFile(package) as opened:
        return {n: opened.read(n)[:20] for n in opened.namelist() if n.endswith(".so")}


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
