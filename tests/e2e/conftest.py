"""One embedded cloud for all of these tests: hub and three customers, deployed by sam."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import Stage, add_contacts, deploy_all, stage_for
from tests.support.provider import CROWD, CROWDED, Provider

CONTACTS = 5


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    folder = tmp_path_factory.mktemp("cloud")
    stage = stage_for(["acme", "globex", "initech", CROWDED])
    with local_cloud.temporary(folder, keep=False) as local:
        deploy_all(stage, local.cloud, folder / "sam")
        *small, crowded = stage.customers
        add_contacts(Stage(tuple(small)), local.cloud, CONTACTS)
        add_contacts(Stage((crowded,)), local.cloud, CROWD)
        yield Provider(local.cloud, stage, folder)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
