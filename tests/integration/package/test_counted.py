"""Counts of the package: what each function loads, so that growth is noticed."""

import json
from pathlib import Path

import pytest

from benchmarks import check, package
from changecast_local.lambdas.parent import SHARED
from testbed.package import SIDES, build, handlers, start, unpack

AWS = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}
TRACING = {"aws_xray_sdk", "wrapt"}
MODELS = {
    "annotated_types", "pydantic", "pydantic_core", "typing_extensions", "typing_inspection",
}  # fmt: skip
PAGES = {"babel", "jinja2", "markupsafe", "tzdata"}
WRITING = PAGES | {"icalendar"}
LOADED = {
    "apply_preferences": AWS,
    "canary": AWS | MODELS,
    "deliver_notice": AWS | TRACING | MODELS,
    "intake": AWS | MODELS,
    "plan_delivery": AWS | TRACING | MODELS | WRITING,
    "publish_approved": AWS | MODELS,
    "record_outcome": AWS | TRACING,
    "report_delivery": AWS | TRACING | MODELS,
    "respond": AWS | MODELS | PAGES,
    "send_mail": AWS | TRACING,
    "sweep": AWS | TRACING,
    "track_status": AWS | TRACING | MODELS,
    "watch": AWS | MODELS,
}
_NAMES = """
import json, sys
files = [getattr(module, "__file__", None) or "" for module in sys.modules.values()]
print(json.dumps([file for file in files if file.startswith({folder!r})]))
"""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each side's package, unpacked."""
    folder = tmp_path_factory.mktemp("built")
    return {side: unpack(build(folder, side), folder / side) for side in SIDES}


def test_every_function_is_looked_at() -> None:
    assert sorted(LOADED) == handlers()


def test_each_function_imports_what_the_embedded_cloud_imports_for_all() -> None:
    """A module that only the embedded cloud imports would hide an import that is missing on AWS."""
    assert [name for name, packages in LOADED.items() if SHARED not in packages] == []


@pytest.mark.parametrize(
    ("side", "function"), [(side, name) for side in SIDES for name in handlers(side)]
)
def test_a_function_loads_the_packages_that_it_needs_and_no_others(
    side: str, function: str, unpacked: dict[str, Path]
) -> None:
    """Every cold start pays for what is loaded, so the sender loads no models and no templates."""
    folder = unpacked[side]
    files = start(f"import {function}\n" + _NAMES.format(folder=str(folder)), folder)

    names = {Path(file).relative_to(folder).parts[0] for file in json.loads(files)}

    ours = {"changecast", f"{function}.py"}
    assert {name.removesuffix(".py") for name in names - ours} == LOADED[function]


def test_nothing_that_is_counted_is_worse_than_the_baseline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    package.main()

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = {line["measure"] for line in lines}
    before = [line for line in check.baseline() if line["measure"] in counted]
    assert len(before) == len(counted) > 0
    assert check.losses(lines, before) == []
