"""A small embedded cloud for game days: the hub and two customers, deployed by sam."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import REGION, Stage, add_contacts, deploy_all, stage_for
from changecast_local.cloud import Cloud
from tests.support.provider import Provider

CONTACTS = 2


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("cloud")
    with local_cloud.temporary(folder, keep=False) as local:
        stage = _with_topics(stage_for(["acme", "initech"]), local.cloud)
        deploy_all(stage, local.cloud, folder / "sam")
        add_contacts(stage, local.cloud, CONTACTS)
        yield Provider(local.cloud, stage, folder)


def _with_topics(stage: Stage, cloud: Cloud) -> Stage:
    """Let each customer's alarms publish to a topic: without one, the doctor warns."""
    customers = []
    for one in stage.customers:
        sns = cloud.session(one.account, REGION).client("sns")
        topic = sns.create_topic(Name="changecast-alarms")["TopicArn"]
        customers.append(replace(one, more=(*one.more, ("AlarmTopicArn", topic))))
    return Stage(tuple(customers))
