"""One embedded cloud for all of these tests: a hub and four customers.

It ends with the last of them, because its functions run every minute until then.

The packages are as sam builds them. The stacks are deployed by CloudFormation's own API, because
each `sam deploy` takes seconds of a processor; test_demo.py, test_getting_started.py and
test_onboarding.py deploy every stack by sam.
"""

import configparser
import json
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from changecast_cli.local import process as local_cloud
from changecast_cli.local.deployer import customer_engineer, hub_engineer
from changecast_cli.local.stage import HUB, REGION, Stage, add_contacts, stage_for
from changecast_cli.main import run
from changecast_local.cloud import Cloud
from testbed.fleet import deploy_fleet
from tests.isolation.keys import CUSTOMERS, key_policy
from tests.support import shell
from tests.support.provider import AGREED, CROWD, CROWDED, OPERATED, WITH_KEY, Provider
from tests.support.shell import make_alarm_topic

CONTACTS = 5


FOLDER = Path(__file__).parent
PROVIDER: pytest.StashKey[Provider] = pytest.StashKey()
OPENED: pytest.StashKey[ExitStack] = pytest.StashKey()


@pytest.fixture(scope="session")
def opened(pytestconfig: pytest.Config) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        pytestconfig.stash[OPENED] = stack
        yield stack


@pytest.fixture(scope="module")
def provider(
    opened: ExitStack, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Provider:
    """The same for all modules that run one after another."""
    stash = pytestconfig.stash
    if PROVIDER not in stash:
        stash[PROVIDER] = opened.enter_context(_deployed(tmp_path_factory.mktemp("cloud")))
    return stash[PROVIDER]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, None, None]:
    yield
    stash = item.config.stash
    if PROVIDER in stash and (nextitem is None or FOLDER not in nextitem.path.parents):
        del stash[PROVIDER]
        stash[OPENED].close()


@contextmanager
def _deployed(folder: Path) -> Iterator[Provider]:
    with local_cloud.temporary(folder, keep=False) as local:
        stage = _as_agreed(stage_for(["acme", "globex", "initech", CROWDED]), local.cloud)
        deploy_fleet(stage, local.cloud, {})
        *small, crowded = stage.customers
        add_contacts(Stage(tuple(small)), local.cloud, CONTACTS)
        add_contacts(Stage((crowded,)), local.cloud, CROWD)
        yield Provider(local.cloud, stage, folder)


def _as_agreed(stage: Stage, cloud: Cloud) -> Stage:
    """One customer lets the provider operate, and changes lead only where our samples do; and one
    brings a key: none of it is so by default.
    """
    more: dict[str, tuple[tuple[str, str], ...]] = {
        OPERATED: (
            ("OperatorAccount", HUB.account),
            ("OperatorExternalId", AGREED),
            ("AllowedLinkDomains", "example"),
        ),
        WITH_KEY: (
            ("KmsKeyId", _own_key(cloud, stage)),
            ("AlarmTopicArn", _own_topic(cloud, stage)),
            ("Responses", "yes"),
            ("Channels", "yes"),
            ("ApprovalsNeeded", "1"),
            ("Reminders", "24h,1h"),
            ("Digest", "yes"),
        ),
    }
    return Stage(tuple(replace(one, more=more.get(one.code, ())) for one in stage.customers))


def _own_key(cloud: Cloud, stage: Stage) -> str:
    """A key in the account of WITH_KEY, under the policy that the documents give it."""
    (account,) = (one.account for one in stage.customers if one.code == WITH_KEY)
    policy = json.dumps(key_policy(CUSTOMERS, account, REGION))
    kms = cloud.session(account, REGION).client("kms")
    return str(kms.create_key(Policy=policy)["KeyMetadata"]["KeyId"])


def _own_topic(cloud: Cloud, stage: Stage) -> str:
    """A topic in the account of WITH_KEY for its alarms."""
    (account,) = (one.account for one in stage.customers if one.code == WITH_KEY)
    return make_alarm_topic(cloud, account)


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class Said(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Type = Callable[..., Said]


class Engineers(NamedTuple):
    """The credentials of people who have only the policies of docs/policies."""

    hub: Mapping[str, str]
    customers: Mapping[str, Mapping[str, str]]


@pytest.fixture(scope="module")
def engineers(provider: Provider) -> Engineers:
    """One engineer of the hub, and one of each customer, whose credentials last for hours."""
    return Engineers(
        hub_engineer(provider.cloud, shell.HUB, REGION),
        {
            one.code: customer_engineer(provider.cloud, one.account, one.region)
            for one in provider.stage.customers
        },
    )


@pytest.fixture
def typed(
    engineers: Engineers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Type:
    """Types a command as a person who has only the policies of docs/policies."""
    profiles = configparser.ConfigParser(interpolation=None)
    for code, keys in engineers.customers.items():
        profiles[f"profile changecast-{code}"] = {
            name.lower(): keys[name] for name in shell.CREDENTIALS
        }
    with Path("aws-config").open("w") as file:
        profiles.write(file)
    for name, value in engineers.hub.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(Path("aws-config").resolve()))
    monkeypatch.setenv("COLUMNS", "140")

    def type_(*words: str) -> Said:
        monkeypatch.setattr("sys.argv", ["changecast", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            run()
        said = capsys.readouterr()
        return Said(int(stopped.value.code or 0), said.out, said.err)

    return type_
