"""The environments of samconfig.toml: every deploy argument of every stack, as AWS SAM reads it.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from changecast.hub.registry import DEFAULT_HUB_BUS

Environment = dict[str, Any]
# Values that sam accepts without quotation marks; a blank in others would cut the value.
_UNQUOTED = re.compile(r"[A-Za-z0-9._,:/@+-]+")
# For new environments: 20 % cheaper. Existing ones keep the template's default, x86_64.
ARCHITECTURE = "Architecture=arm64"
CUSTOMER_TEMPLATE, HUB_TEMPLATE, ROUTE_TEMPLATE, BUS_TEMPLATE = (
    "template.yaml",
    "hub/template.yaml",
    "hub/route.yaml",
    "hub/bus.yaml",
)


@dataclass(frozen=True)
class HubStack:
    """The provider's hub: its account and Region, and the AWS profile that may deploy there."""

    account: str
    region: str
    profile: str | None

    @property
    def bus_arn(self) -> str:
        """ARN of the hub's first bus; its name is fixed, so it is known before the stack exists."""
        return self.arn_of(DEFAULT_HUB_BUS)

    def arn_of(self, bus: str) -> str:
        """Return the ARN of one of the hub's buses."""
        partition = _partition_of(self.region)
        return f"arn:{partition}:events:{self.region}:{self.account}:event-bus/{bus}"


@cache
def _partition_of(region: str) -> str:
    """Return a Region's partition, for example `aws-cn`; creating a session takes 0.1 s."""
    return str(boto3.Session().get_partition_for_region(region))


@dataclass(frozen=True)
class CustomerStack:
    """One customer's stack. `sender` is the address that its mails come from.

    `more` are additional stack parameters, for example for an existing identity.
    `hub_bus` is the hub's bus that has its route.
    """

    code: str
    account: str
    region: str
    name: str
    sender: str
    timezone: str
    language: str
    support: str
    profile: str | None
    more: tuple[tuple[str, str], ...] = ()
    hub_bus: str = DEFAULT_HUB_BUS


def override(name: str, value: str) -> str:
    """Return a stack parameter as an entry of parameter_overrides, quoted if sam needs it."""
    return f"{name}={value}" if _UNQUOTED.fullmatch(value) else f'{name}="{value}"'


def hub_environment(hub: HubStack, accounts: Iterable[str], build_dir: str) -> Environment:
    """Return [hub]; the accounts are those that may report deliveries."""
    return {
        **_global(DEFAULT_HUB_BUS, hub.region, hub.profile),
        **_build(HUB_TEMPLATE, build_dir),
        **_validate(HUB_TEMPLATE),
        **_deploy(
            f"{build_dir}/template.yaml",
            DEFAULT_HUB_BUS,
            [f"CustomerAccounts={','.join(accounts)}", ARCHITECTURE],
        ),
    }


def bus_environment(bus: str, hub: HubStack, more: Iterable[str] = ()) -> Environment:
    """Return [hub_2] and so on, a further bus of the hub, without code. `more` are parameters."""
    return {
        **_global(bus, hub.region, hub.profile),
        **_validate(BUS_TEMPLATE),
        **_deploy(BUS_TEMPLATE, bus, [f"BusName={bus}", "CustomerAccounts=", *more]),
    }


def customer_environment(customer: CustomerStack, hub: HubStack, build_dir: str) -> Environment:
    """Return [<code>], the stack in the customer's own account."""
    parameters = [
        f"CustomerCode={customer.code}",
        f'CustomerName="{customer.name}"',
        f"HubAccount={hub.account}",
        f"HubBusArn={hub.arn_of(customer.hub_bus)}",
        override("Sender", customer.sender),
        f'SenderName="{customer.name} changes"',
        f"SenderIdentity={customer.sender.rpartition('@')[2]}",
        override("SupportContact", customer.support),
        f"Timezone={customer.timezone}",
        f"Language={customer.language}",
        ARCHITECTURE,
        *(f'{name}="{value}"' for name, value in customer.more),
    ]
    return {
        **_global("changecast", customer.region, customer.profile),
        **_build(CUSTOMER_TEMPLATE, build_dir),
        **_validate(CUSTOMER_TEMPLATE),
        **_deploy(f"{build_dir}/template.yaml", "changecast", parameters),
    }


def route_environment(customer: CustomerStack, hub: HubStack, key: str = "") -> Environment:
    """Return [<code>-route], the customer's route and registry entry on the hub, without code.

    `key` is the id of the hub's own KMS key, if it has one: a route's dead letters are the hub's.
    """
    stack = f"changecast-route-{customer.code}"
    parameters = [
        f"CustomerCode={customer.code}",
        f'CustomerName="{customer.name}"',
        f"CustomerAccount={customer.account}",
        f"CustomerRegion={customer.region}",
        *([] if customer.hub_bus == DEFAULT_HUB_BUS else [f"HubBus={customer.hub_bus}"]),
        *([f"KmsKeyId={key}"] if key else []),
    ]
    return {
        **_global(stack, hub.region, hub.profile),
        **_validate(ROUTE_TEMPLATE),
        **_deploy(ROUTE_TEMPLATE, stack, parameters),
    }


def _global(stack: str, region: str, profile: str | None) -> Environment:
    parameters = {"stack_name": stack, "region": region}
    return {"global": {"parameters": parameters | ({"profile": profile} if profile else {})}}


def _build(template: str, build_dir: str) -> Environment:
    return {"build": {"parameters": {"template_file": template, "build_dir": build_dir}}}


def _validate(template: str) -> Environment:
    return {"validate": {"parameters": {"template_file": template, "lint": True}}}


def _deploy(template: str, prefix: str, parameters: list[str]) -> Environment:
    """Return deploy arguments with the built template, because the source has unbuilt code.

    A stack that could not be created is deleted, because it would block the next attempt.
    """
    return {
        "deploy": {
            "parameters": {
                "template_file": template,
                "resolve_s3": True,
                "s3_prefix": prefix,
                "capabilities": "CAPABILITY_NAMED_IAM",
                "confirm_changeset": False,
                "fail_on_empty_changeset": False,
                "on_failure": "DELETE",
                "parameter_overrides": parameters,
            }
        }
    }
