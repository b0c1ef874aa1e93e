"""A small embedded cloud for game days: the hub and two customers.

They are deployed by CloudFormation's API, because each `sam deploy` takes seconds of a processor.
The operator's samconfig.toml and build folders are as sam leaves them, so each `sam deploy` that a
verdict names works.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import REGION, Stage, add_contacts, stage_for, write_samconfig
from changecast_local.cloud import Cloud
from testbed.fleet import deploy_fleet, shared_folder
from tests.support.provider import Provider
from tests.support.shell import make_alarm_topic

CONTACTS = 2


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("cloud")
    with local_cloud.temporary(folder, keep=False) as local:
        stage = _with_topics(stage_for(["acme", "initech"]), local.cloud)
        deploy_fleet(stage, local.cloud, {})
        _as_sam_leaves_it(stage, folder / "sam")
        add_contacts(stage, local.cloud, CONTACTS)
        yield Provider(local.cloud, stage, folder)


def _with_topics(stage: Stage, cloud: Cloud) -> Stage:
    """Let each customer's alarms publish to a topic: without one, the doctor warns."""
    customers = []
    for one in stage.customers:
        topic = make_alarm_topic(cloud, one.account, REGION)
        customers.append(replace(one, more=(*one.more, ("AlarmTopicArn", topic))))
    return Stage(tuple(customers))


def _as_sam_leaves_it(stage: Stage, folder: Path) -> None:
    """Write samconfig.toml, and put the built templates and packages into its build folders."""
    for side in ("hub", "customer"):
        shutil.copytree(shared_folder() / side, folder / side / "build", symlinks=True)
    write_samconfig(stage, folder / "samconfig.toml")
