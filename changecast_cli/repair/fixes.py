"""Fixes for manual changes that CloudFormation does not revert.

Our templates leave these switches at their default, so CloudFormation sees no drift in them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from changecast_cli.doctor.checked_account import CheckedAccount, values

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

_OFF = frozenset({"Disabled", "Disabling"})


@dataclass(frozen=True)
class Fix:
    """One deviation from the template: a sentence, what is reverted, and the call that does it."""

    what: str
    change: str
    apply: Callable[[], object]


def switched_off(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix for everything in a stack that was switched off by hand."""
    for look in (functions, event_sources, rules, alarms, configuration_set, signing):
        yield from look(account)


def functions(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix for each function that cannot run: its reserved concurrency is 0."""
    client = account.session.client("lambda")
    for logical_id, name in account.of_type("AWS::Lambda::Function").items():
        found = client.get_function_concurrency(FunctionName=name)
        if found.get("ReservedConcurrentExecutions") == 0:
            run = partial(client.delete_function_concurrency, FunctionName=name)
            yield Fix(
                f"{logical_id} cannot run: its reserved concurrency is 0",
                f"function {name}: reserved concurrency 0 -> none",
                run,
            )


def event_sources(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix for each function that does not get its queue's messages."""
    client = account.session.client("lambda")
    for logical_id, name in account.of_type("AWS::Lambda::Function").items():
        listed = client.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        for uuid in (each["UUID"] for each in listed if each["State"] in _OFF):
            turn_on = partial(client.update_event_source_mapping, UUID=uuid, Enabled=True)
            yield Fix(
                f"{logical_id} does not get its queue's messages: the event source is off",
                f"event source of function {name}: disabled -> enabled",
                turn_on,
            )


def rules(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix for each rule and schedule of the stack that is disabled."""
    events = account.session.client("events")
    for logical_id, name in account.of_type("AWS::Events::Rule").items():
        rule = _rule(events, account, name.rpartition("|")[2])
        if rule.get("State") == "DISABLED":
            named = {"Name": rule["Name"], "EventBusName": rule["EventBusName"]}
            yield Fix(
                f"{logical_id} is disabled",
                f"rule {rule['Name']}: disabled -> enabled",
                partial(events.enable_rule, **named),
            )


def _rule(events: "EventBridgeClient", account: CheckedAccount, name: str) -> Mapping[str, Any]:
    """Find a route's rule on the hub's bus, and any other on the stack's own buses or the default.

    A rule that was deleted is on none of them. No policy lets an operator read a route's rule on
    another bus, so a look there would fail instead of finding nothing.
    """
    route = account.parameters.get("HubBus")
    own = [*account.of_type("AWS::Events::EventBus").values(), "default"]
    for bus in [route] if route else own:
        try:
            return {"EventBusName": bus, **events.describe_rule(Name=name, EventBusName=bus)}
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
    return {}


def alarms(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix for the alarms whose actions are off."""
    cloudwatch = account.session.client("cloudwatch")
    names = [*account.of_type("AWS::CloudWatch::Alarm").values()]
    found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"] if names else []
    silent = sorted(each["AlarmName"] for each in found if not each["ActionsEnabled"])
    if silent:
        turn_on = partial(cloudwatch.enable_alarm_actions, AlarmNames=silent)
        names_of_all = ", ".join(silent)
        yield Fix(
            f"alarms are switched off: {names_of_all}",
            f"actions of alarms {names_of_all}: disabled -> enabled",
            turn_on,
        )


def configuration_set(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix for a configuration set of the stack that does not send."""
    ses = account.session.client("sesv2")
    for name in account.of_type("AWS::SES::ConfigurationSet").values():
        found = _found(ses.get_configuration_set, ConfigurationSetName=name)
        if values(found, "SendingOptions", "SendingEnabled") is False:
            turn_on = partial(
                ses.put_configuration_set_sending_options,
                ConfigurationSetName=name, SendingEnabled=True,
            )  # fmt: skip
            yield Fix(
                f"the configuration set {name} does not send",
                f"configuration set {name}: sending disabled -> enabled",
                turn_on,
            )


def signing(account: CheckedAccount) -> Iterator[Fix]:
    """Yield a fix for an identity of the stack whose mails are not signed."""
    ses = account.session.client("sesv2")
    for name in account.of_type("AWS::SES::EmailIdentity").values():
        found = _found(ses.get_email_identity, EmailIdentity=name)
        if values(found, "DkimAttributes", "SigningEnabled") is False:
            turn_on = partial(
                ses.put_email_identity_dkim_attributes, EmailIdentity=name, SigningEnabled=True
            )
            yield Fix(
                f"mails of {name} are not signed (DKIM)",
                f"identity {name}: DKIM signing disabled -> enabled",
                turn_on,
            )


def _found(ask: Callable[..., Any], **named: str) -> Mapping[str, Any]:
    """Return SES's resource of this name; empty if it is gone, which is drift and not a switch."""
    try:
        answer: Mapping[str, Any] = ask(**named)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return {}
    return answer
