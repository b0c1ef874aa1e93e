"""Faults that each linter must find, because a linter that finds nothing may not work."""

from typing import Any

AWAKE = "planted"

TEMPLATE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        "Open": {"Type": "AWS::S3::Bucket", "Properties": {"AccessControl": "PublicReadWrite"}}
    },
}


def _allow(**statement: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


IDENTITY = {
    "planted action": _allow(Action="sqs:SendMesage", Resource="*"),
    "planted condition": _allow(
        Action="ses:SendEmail",
        Resource="arn:aws:ses:eu-west-1:222222222222:identity/acme.example",
        Condition={"StringEquals": {"ses:FromAdress": "changes@acme.example"}},
    ),
}
RESOURCE = {"planted principal": _allow(Principal="*", Action="sqs:SendMessage", Resource="*")}
# Taken apart, so that it is not found here.
SECRET = 'password = "' + "zei7" + "Ohng" + "ai8a" + 'eM2thahJo6"\n'
