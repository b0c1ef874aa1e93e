"""AWS list prices in one table, each with AWS's page and the source of its number.

Looked up on 2026-11-24. AWS's pricing pages insert their numbers by script, so most were read
elsewhere: `seen` says where. Prices are for us-east-1; other Regions differ.
"""

from dataclasses import dataclass

PRICES_OF = "2026-11-24"
REGION_OF_PRICES = "us-east-1"
_AWS = "https://aws.amazon.com"
_PRICE_LIST = "AWS price list of 2026-07-22"
_PAGE = "the page itself"
_WHITEPAPER = "AWS whitepaper How AWS Pricing Works"
_GUIDES = "third-party price guides of 2026"


@dataclass(frozen=True)
class Price:
    """US dollars for one unit; `says` is the unit for people, `source` AWS's page about it."""

    dollars: float
    says: str
    source: str
    seen: str


PRICES = {
    # The pay-per-use price; accounts new to SES since 2026-07-21 start with a plan.
    "ses_mail": Price(0.10 / 1_000, "SES mails", f"{_AWS}/ses/pricing/", _PRICE_LIST),
    "ses_mail_essentials": Price(
        0.16 / 1_000, "SES mails, plan Essentials", f"{_AWS}/ses/pricing/", _PRICE_LIST
    ),
    "eventbridge_event": Price(
        1.00 / 1e6, "EventBridge events", f"{_AWS}/eventbridge/pricing/", _GUIDES
    ),
    "sqs_request": Price(0.40 / 1e6, "SQS requests", f"{_AWS}/sqs/pricing/", _GUIDES),
    "lambda_request": Price(0.20 / 1e6, "Lambda requests", f"{_AWS}/lambda/pricing/", _WHITEPAPER),
    # On arm64, which `customers add` deploys; x86_64 costs a quarter more.
    "lambda_gb_second": Price(
        0.0000133334, "Lambda GB-seconds on arm64", f"{_AWS}/lambda/pricing/", _GUIDES
    ),
    "dynamodb_write": Price(
        0.625 / 1e6, "DynamoDB write units", f"{_AWS}/dynamodb/pricing/on-demand/", _GUIDES
    ),
    "dynamodb_read": Price(
        0.125 / 1e6, "DynamoDB read units", f"{_AWS}/dynamodb/pricing/on-demand/", _GUIDES
    ),
    "s3_put": Price(0.005 / 1_000, "S3 puts", f"{_AWS}/s3/pricing/", _GUIDES),
    "s3_get": Price(0.0004 / 1_000, "S3 gets", f"{_AWS}/s3/pricing/", _GUIDES),
    "xray_trace": Price(5.00 / 1e6, "X-Ray traces", f"{_AWS}/xray/pricing/", _PAGE),
    "log_gb": Price(0.50, "CloudWatch Logs GB", f"{_AWS}/cloudwatch/pricing/", _GUIDES),
    "metric": Price(0.30, "CloudWatch metrics", f"{_AWS}/cloudwatch/pricing/", _GUIDES),
    "alarm": Price(0.10, "CloudWatch alarms", f"{_AWS}/cloudwatch/pricing/", _GUIDES),
    "dashboard": Price(3.00, "CloudWatch dashboards", f"{_AWS}/cloudwatch/pricing/", _GUIDES),
    "kms_key": Price(1.00, "KMS keys", f"{_AWS}/kms/pricing/", _GUIDES),
}
