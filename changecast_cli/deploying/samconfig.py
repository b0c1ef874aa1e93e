"""The environments of samconfig.toml: every deploy argument of every stack, as AWS SAM reads it.

https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from changecast.registry import DEFAULT_HUB_BUS

Environment = dict[str, Any]
CUSTOMER_TEMPLATE, HUB_TEMPLATE, ROUTE_TEMPLATE = (
    "template.yaml",
    "hub/template.yaml",
    "hub/route.yaml",
)


@dataclass(frozen=True)
class Hub:
    """The provider's hub: its account and Region, and the AWS profile that may deploy there."""

    account: str
    region: str
    profile: str | None

    @property
    def bus_arn(self) -> str:
        """The hub's bus; its name is fixed, so the ARN is known before the stack is there."""
        return f"arn:aws:events:{self.region}:{self.account}:event-bus/{DEFAULT_HUB_BUS}"


@dataclass(frozen=True)
class Customer:
    """One customer's stack. `sender` is the address that its mails come from.

    `more` are stack parameters beside the usual ones, for instance an identity that is there.
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


def hub_environment(hub: Hub, accounts: Iterable[str], build_dir: str) -> Environment:
    """[hub]: the accounts are those that may report how deliveries went."""
    return {
        **_global(DEFAULT_HUB_BUS, hub.region, hub.profile),
        **_build(HUB_TEMPLATE, build_dir),
        **_validate(HUB_TEMPLATE),
        **_deploy(
            f"{build_dir}/template.yaml",
            DEFAULT_HUB_BUS,
            [f"CustomerAccounts={','.join(accounts)}"],
        ),
    }


def customer_environment(customer: Customer, hub: Hub, build_dir: str) -> Environment:
    """[<code>]: what goes into the customer's own account."""
    parameters = [
        f"CustomerCode={customer.code}",
        f'CustomerName="{customer.name}"',
        f"HubAccount={hub.account}",
        f"HubBusArn={hub.bus_arn}",
        f"Sender={customer.sender}",
        f'SenderName="{customer.name} changes"',
        f"SenderIdentity={customer.sender.rpartition('@')[2]}",
        f"SupportContact={customer.support}",
        f"Timezone={customer.timezone}",
        f"Language={customer.language}",
        *(f'{name}="{value}"' for name, value in customer.more),
    ]
    return {
        **_global("changecast", customer.region, customer.profile),
        **_build(CUSTOMER_TEMPLATE, build_dir),
        **_validate(CUSTOMER_TEMPLATE),
        **_deploy(f"{build_dir}/template.yaml", "changecast", parameters),
    }


def route_environment(customer: Customer, hub: Hub, key: str = "") -> Environment:
    """[<code>-route]: the customer's route and registry entry on the hub; it has no code.

    `key` is the id of the hub's own KMS key, if it has one: a route's dead letters are the hub's.
    """
    stack = f"changecast-route-{customer.code}"
    parameters = [
        f"CustomerCode={customer.code}",
        f'CustomerName="{customer.name}"',
        f"CustomerAccount={customer.account}",
        f"CustomerRegion={customer.region}",
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
    """Deploys what was built, never the source template: that would ship unbuilt code."""
    return {
        "deploy": {
            "parameters": {
                "template_file": template,
                "resolve_s3": True,
                "s3_prefix": prefix,
                "capabilities": "CAPABILITY_NAMED_IAM",
                "confirm_changeset": False,
                "fail_on_empty_changeset": False,
                "parameter_overrides": parameters,
            }
        }
    }
