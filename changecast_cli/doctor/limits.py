"""Doctor checks of AWS quotas: concurrent functions, and rules on a bus.

https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning
from changecast_cli.paging import pages

# A stack's functions at a busy time. New accounts may have a limit of 10.
ENOUGH_AT_ONCE = 50
RULES = {"ServiceCode": "events", "QuotaCode": "L-244521F2"}
NEARLY_FULL = 0.8
RAISE = "aws service-quotas request-service-quota-increase"
RAISE_CONCURRENCY = f"{RAISE} --service-code lambda --quota-code L-B99A9384 --desired-value 1000"
RAISE_RULES = f"{RAISE} --service-code events --quota-code L-244521F2 --desired-value"


def concurrency(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that enough functions may run at a time; with few, everything works, but slowly."""
    limit = checked.session.client("lambda").get_account_settings()["AccountLimit"]
    whole, shared = limit["ConcurrentExecutions"], limit["UnreservedConcurrentExecutions"]
    told = f"{shared:,} functions at a time" + (f" of {whole:,}" if shared < whole else "")
    if shared < ENOUGH_AT_ONCE:
        said = f"{told}: everything finishes, but slowly, because calls are throttled"
        yield warning("concurrency", said, RAISE_CONCURRENCY)
    else:
        yield ok("concurrency", told)


def rules_quota(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the bus has room for more routes, which are rules; else the next bus is used."""
    most = most_rules(checked.session.client("service-quotas"))
    events = checked.session.client("events")
    for bus in checked.of_type("AWS::Events::EventBus").values():
        rules = sum(1 for _ in pages(events.list_rules, "Rules", EventBusName=bus))
        told = f"{bus} has {rules} of {most} rules"
        raise_it = f"{RAISE_RULES} {2 * most}"
        if rules >= most:
            yield broken("rules-quota", f"{told}: no customer can be added to it", raise_it)
        elif rules >= NEARLY_FULL * most:
            yield warning("rules-quota", told, raise_it)
        else:
            yield ok("rules-quota", told)


def most_rules(quotas: Any) -> int:
    """Return the account's quota in this Region; the default if it was never raised."""
    try:
        answer = quotas.get_service_quota(**RULES)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchResourceException":
            raise
        answer = quotas.get_aws_default_service_quota(**RULES)
    return int(answer["Quota"]["Value"])
