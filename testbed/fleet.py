"""Deploy a hub and many customers with CloudFormation's own API, without a process for each."""

import fcntl
import hashlib
import json
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import tomlkit

from changecast_cli.deploying import samconfig
from changecast_cli.deploying.sam import Sam, SamCall, build, repository
from changecast_cli.deploying.samconfig import CustomerStack, Environment
from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.local.deployer import CUSTOMER_POLICIES, DEPLOYER, HUB_POLICIES, deployer
from changecast_cli.local.stage import HUB, REGION, Stage
from changecast_local.cloud import Cloud
from testbed.expand import ROOT, parsed

POLL_SECONDS = 0.1
AT_ONCE = 3
SHARED = ROOT / "build" / "packages"
KEPT_SECONDS = 86_400
# sam uses change sets, which take longer and have the same result.
CREATE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "cloudformation:CreateStack", "Resource": "*"}],
}


@dataclass(frozen=True)
class Builds:
    """The built templates of hub and customer; their functions name the built package."""

    hub: dict[str, Any]
    customer: dict[str, Any]

    def packages(self) -> dict[str, bytes]:
        """Return each side's package, the zip that all of its functions share."""
        sides = {"hub": self.hub, "customer": self.customer}
        return {side: _package(template).read_bytes() for side, template in sides.items()}


def _package(template: Mapping[str, Any]) -> Path:
    (path,) = {Path(function["CodeUri"]).resolve() for function in _functions(template)}
    return path


def deploy_fleet(stage: Stage, cloud: Cloud, hub: dict[str, str]) -> Builds:
    """Deploy the hub (with these extra parameters), every customer and its route."""
    builds = shared_builds(stage, cloud)
    deploy_hub(builds, stage, cloud, hub)
    deploy_customers(builds, stage.customers, cloud)
    return builds


def shared_builds(stage: Stage, cloud: Cloud) -> Builds:
    """Return what `sam build` makes of these sources: built once on this machine, for all tests.

    Processes that ask at the same time wait for the first.
    """
    folder = shared_folder()
    SHARED.mkdir(parents=True, exist_ok=True)
    with (SHARED / "building").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _forget_old_builds()
            build_fleet(stage, cloud, folder)
            (folder / "complete").touch()
    return Builds(_built(folder / "hub"), _built(folder / "customer"))


def shared_folder() -> Path:
    """Return where `shared_builds` puts what it builds: the folders `hub` and `customer`."""
    return SHARED / _sources_digest()


def _sources_digest() -> str:
    """Return 16 hex digits of everything that `sam build` reads."""
    functions = (path for path in (ROOT / "functions").rglob("*") if path.is_file())
    sources = [path for path in functions if "__pycache__" not in path.parts]
    sources += [ROOT / name for name in (samconfig.CUSTOMER_TEMPLATE, samconfig.HUB_TEMPLATE)]
    parts = [sys.version.encode(), sys.executable.encode()]
    for path in sorted(sources):
        parts += [str(path.relative_to(ROOT)).encode(), path.read_bytes()]
    parts.append((ROOT / "changecast_cli" / "deploying" / "samconfig.py").read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _forget_old_builds() -> None:
    for done in SHARED.glob("*/complete"):
        if done.stat().st_mtime < time.time() - KEPT_SECONDS:
            shutil.rmtree(done.parent, ignore_errors=True)


def build_fleet(stage: Stage, cloud: Cloud, folder: Path) -> Builds:
    """Return what `sam build` makes of the two templates with code."""
    where = {name: str(folder.resolve() / name) for name in ("hub", "customer")}
    first = stage.customers[0]
    environments = {
        "hub": samconfig.hub_environment(HUB, [], where["hub"]),
        first.code: samconfig.customer_environment(first, HUB, where["customer"]),
    }
    _build(environments, folder, cloud)
    return Builds(*(_built(Path(build)) for build in where.values()))


def deploy_hub(builds: Builds, stage: Stage, cloud: Cloud, more: dict[str, str]) -> None:
    """Deploy the hub, to which every customer may report, with these extra parameters."""
    accounts = [customer.account for customer in stage.customers]
    parameters = _parameters(samconfig.hub_environment(HUB, accounts, "")) | more
    _deploy(cloud, HUB.account, "changecast-hub", builds.hub, parameters)


def deploy_customers(builds: Builds, customers: Sequence[CustomerStack], cloud: Cloud) -> None:
    """Deploy these customers' stacks, then their routes."""

    def deploy(customer: CustomerStack) -> None:
        parameters = _parameters(samconfig.customer_environment(customer, HUB, ""))
        _deploy(cloud, customer.account, "changecast", builds.customer, parameters)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(deploy, customers))
    _deploy_routes(customers, cloud)


def _deploy_routes(customers: Sequence[CustomerStack], cloud: Cloud) -> None:
    session = _deployer(cloud, HUB.account, {})
    template = (repository() / samconfig.ROUTE_TEMPLATE).read_text("utf-8")
    for customer in customers:
        parameters = _parameters(samconfig.route_environment(customer, HUB))
        name = f"changecast-route-{customer.code}"
        deploy_stack(session, name, template, parameters, poll_seconds=POLL_SECONDS)


def _build(environments: Mapping[str, Environment], folder: Path, cloud: Cloud) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "samconfig.toml"
    config.write_text(tomlkit.dumps({"version": 0.1, **environments}), "utf-8")
    keys = cloud.environment(HUB.account, REGION)
    build(Sam(config, folder), [SamCall(name, keys) for name in environments])


def _built(folder: Path) -> dict[str, Any]:
    template = parsed((folder / "template.yaml").read_text("utf-8"))
    for function in _functions(template):
        function["CodeUri"] = str(folder / function["CodeUri"])
    return template


def _functions(template: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            yield resource["Properties"]


def _deploy(
    cloud: Cloud, account: str, name: str, template: dict[str, Any], parameters: dict[str, str]
) -> None:
    """Do what `sam deploy` does: put package and template into a bucket, then deploy the stack."""
    session = _deployer(cloud, account, parameters)
    s3, bucket = session.client("s3"), f"aws-sam-cli-managed-default-{account}"
    here: Any = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    own = json.loads(json.dumps(template))
    for package in {function["CodeUri"] for function in _functions(own)}:
        s3.upload_file(package, bucket, Path(package).name)
    for function in _functions(own):
        function["CodeUri"] = f"s3://{bucket}/{Path(function['CodeUri']).name}"
    key = f"{name}.template"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(own, separators=(",", ":")))
    address = f"https://s3.{REGION}.amazonaws.com/{bucket}/{key}"
    deploy_stack(session, name, address, parameters, poll_seconds=POLL_SECONDS)


def _deployer(cloud: Cloud, account: str, parameters: Iterable[str]) -> boto3.Session:
    """Return a session that may do what docs/policies allows in this account, and nothing else."""
    policies = HUB_POLICIES if account == HUB.account else CUSTOMER_POLICIES
    keys = deployer(cloud, account, policies, REGION, parameters)
    cloud.session(account, REGION).client("iam").put_role_policy(
        RoleName=DEPLOYER, PolicyName="create", PolicyDocument=json.dumps(CREATE)
    )
    return cloud.session_of(keys)


def _parameters(environment: Environment) -> dict[str, str]:
    """Return the deploy parameters of an environment of samconfig.toml."""
    given = environment["deploy"]["parameters"]["parameter_overrides"]
    pairs = (entry.partition("=") for entry in given)
    return {name: value.strip('"') for name, _, value in pairs}
