"""AWS list prices, in one table, with the date and the page of each: change them here only."""

from dataclasses import dataclass

PRICES_OF = "2026-11"
REGION_OF_PRICES = "us-east-1"
_AWS = "https://aws.amazon.com"


@dataclass(frozen=True)
class Price:
    """US dollars for one unit; `says` is the unit for people."""

    dollars: float
    says: str
    source: str


PRICES = {
    "ses_mail": Price(0.10 / 1_000, "SES mails", f"{_AWS}/ses/pricing/"),
    "eventbridge_event": Price(1.00 / 1e6, "EventBridge events", f"{_AWS}/eventbridge/pricing/"),
    "sqs_request": Price(0.40 / 1e6, "SQS requests", f"{_AWS}/sqs/pricing/"),
    "lambda_request": Price(0.20 / 1e6, "Lambda requests", f"{_AWS}/lambda/pricing/"),
    "lambda_gb_second": Price(0.0000166667, "Lambda GB-seconds", f"{_AWS}/lambda/pricing/"),
    "dynamodb_write": Price(
        0.625 / 1e6, "DynamoDB write units", f"{_AWS}/dynamodb/pricing/on-demand/"
    ),
    "dynamodb_read": Price(
        0.125 / 1e6, "DynamoDB read units", f"{_AWS}/dynamodb/pricing/on-demand/"
    ),
    "s3_put": Price(0.005 / 1_000, "S3 puts", f"{_AWS}/s3/pricing/"),
    "s3_get": Price(0.0004 / 1_000, "S3 gets", f"{_AWS}/s3/pricing/"),
    "xray_trace": Price(5.00 / 1e6, "X-Ray traces", f"{_AWS}/xray/pricing/"),
    "log_gb": Price(0.50, "CloudWatch Logs GB", f"{_AWS}/cloudwatch/pricing/"),
    "alarm": Price(0.10, "CloudWatch alarms", f"{_AWS}/cloudwatch/pricing/"),
    "dashboard": Price(3.00, "CloudWatch dashboards", f"{_AWS}/cloudwatch/pricing/"),
    "kms_key": Price(1.00, "KMS keys", f"{_AWS}/kms/pricing/"),
}
