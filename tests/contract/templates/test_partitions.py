"""Nothing that is deployed names a partition: China and GovCloud have other ARNs than `arn:aws`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from changecast_cli.deploying.samconfig import HubStack

ROOT = Path(__file__).parents[3]
# The embedded cloud is in the partition aws; samples in documents are too.
SOURCES = ("functions/**/*.py", "changecast_cli/**/*.py", "*.yaml", "hub/*.yaml",
           "docs/policies/*.json")  # fmt: skip
EMBEDDED = ROOT / "changecast_cli" / "local"


def sources() -> Iterator[Path]:
    for pattern in SOURCES:
        yield from (path for path in ROOT.glob(pattern) if EMBEDDED not in path.parents)


def test_no_arn_of_one_partition_stands_in_code_templates_or_policies() -> None:
    fixed = [str(path.relative_to(ROOT)) for path in sources() if "arn:aws:" in path.read_text()]
    assert fixed == []


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_hubs_bus_is_in_the_partition_of_its_region(region: str, partition: str) -> None:
    arn = HubStack("111111111111", region, None).bus_arn
    assert arn == f"arn:{partition}:events:{region}:111111111111:event-bus/changecast-hub"
