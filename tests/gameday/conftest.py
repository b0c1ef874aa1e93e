"""A small embedded cloud for game days: the hub and two customers, deployed by sam."""

from collections.abc import Iterator

import pytest

from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import add_contacts, deploy_all, stage_for
from tests.support.provider import Provider

CONTACTS = 2


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("cloud")
    with local_cloud.temporary(folder, keep=False) as local:
        stage = stage_for(["acme", "initech"])
        deploy_all(stage, local.cloud, folder / "sam")
        add_contacts(stage, local.cloud, CONTACTS)
        yield Provider(local.cloud, stage, folder)
