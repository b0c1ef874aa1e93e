"""The AWS quotas that Changecast can reach, and what uses them up.

Quotas that count customers are used up at some number of customers, whatever is announced; the
others at some rate. EventBridge's (rates of eu-central-1) were read on 2026-11-24; the others were
not looked up: check them on the named page before you rely on them.
"""

from typing import NamedTuple

_EVENTBRIDGE = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"
_CLOUDFORMATION = (
    "https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
)
_SSM = "https://docs.aws.amazon.com/general/latest/gr/ssm.html"
_CLOUDWATCH = (
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"
)
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_SES = "https://docs.aws.amazon.com/ses/latest/dg/quotas.html"
_DYNAMODB = (
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)


class Quota(NamedTuple):
    """A quota of the hub's account, how much a customer uses, the remedy, and AWS's page."""

    limit: float
    per_customer: float
    raise_by: str
    page: str


# Full at limit / per_customer customers.
STANDING = {
    # A principal is written as "arn:aws:iam::222222222222:root", with quotes and a comma; the rest
    # of the statement takes some 600 characters.
    "bus policy (characters)": Quota(10_240 - 600, 33, "the next bus", _EVENTBRIDGE),
    "CustomerAccounts (characters)": Quota(4_096, 13, "the next bus", _CLOUDFORMATION),
    "rules per bus": Quota(300 - 2, 1, "the next bus", _EVENTBRIDGE),
    "buses": Quota(99, 1 / 250, "ours: two digits", "hub/bus.yaml"),
    "IAM roles": Quota(1_000 - 10, 1, "quota request, up to 5,000", _IAM),
    "CloudFormation stacks": Quota(2_000 - 5, 1, "quota request", _CLOUDFORMATION),
    "codes per announcement": Quota(
        10_000, 1, "ours: announce in parts", "functions/changecast/contract/change_announced.py"
    ),
    "CloudWatch alarms": Quota(5_000 - 6, 2, "quota request", _CLOUDWATCH),
    "SSM standard parameters": Quota(10_000 - 1, 1, "advanced parameters", _SSM),
}  # fmt: skip


class Rate(NamedTuple):
    """A quota of a number a second."""

    limit: float
    raise_by: str
    page: str


RATES = {
    "EventBridge invocations": Rate(4_500, "quota request; above it they wait", _EVENTBRIDGE),
    "status table, one shard": Rate(1_000, "SHARDS in status_items.py", _DYNAMODB),
    "tracker (of its concurrency)": Rate(1, "MaximumConcurrency in hub/template.yaml", _LAMBDA),
    "SES send rate": Rate(1, "quota request in the customer's account", _SES),
    "SES mails a day": Rate(50_000, "quota request in the customer's account", _SES),
}
