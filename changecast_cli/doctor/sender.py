"""Doctor checks of the sender: the identity that SES will use, and our function's right to it.

SES uses the most specific identity: the sender's address if it is one, otherwise its domain.
https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.health import partition
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning

ROLE = "SendMailRole"
# Our mails are raw MIME, for which SES requires both.
ACTIONS = ["ses:SendEmail", "ses:SendRawEmail"]


def sender_identity(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that SES's identity for the sender works, and that the sending function may use it."""
    used, found = _used_identity(checked)
    if found is None:
        return  # another check reports a missing identity
    other = used != checked.parameters["SenderIdentity"]
    if other and not found.get("VerifiedForSendingStatus"):
        yield warning(
            "sender-identity",
            f"SES uses the identity {used} for the sender, but that identity is not verified",
            f"verify it, or delete it: aws sesv2 delete-email-identity --email-identity {used}",
        )
    elif denied := _denied(checked, used):
        said = f"the sending function is not allowed to use {used}: {', '.join(denied)}"
        yield broken("sender-identity", said, repair_of(checked.code))
    else:
        more = ", which is more specific than the domain" if other else ""
        yield ok(
            "sender-identity",
            f"SES uses {used}{more}, and the sending function has permission to use it",
        )


def _used_identity(checked: CheckedAccount) -> tuple[str, Any]:
    """Return the identity of the sender's address if there is one, else the stack's, else None."""
    address, given = checked.parameters["Sender"], checked.parameters["SenderIdentity"]
    if address.lower() == given.lower():
        return given, checked.identity
    try:
        return address, checked.session.client("sesv2").get_email_identity(EmailIdentity=address)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return given, checked.identity


def _denied(checked: CheckedAccount, identity: str) -> list[str]:
    """Ask IAM about the calls for which a mail needs authorization.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
    """
    within = f"arn:{partition(checked)}"
    sends_from: Any = {
        "ContextKeyName": "ses:FromAddress",
        "ContextKeyValues": [checked.parameters["Sender"]],
        "ContextKeyType": "string",
    }
    answer = checked.session.client("iam").simulate_principal_policy(
        PolicySourceArn=f"{within}:iam::{checked.account}:role/{checked.name(ROLE)}",
        ActionNames=ACTIONS,
        ResourceArns=[f"{within}:ses:{checked.region}:{checked.account}:identity/{identity}"],
        ContextEntries=[sends_from],
    )
    results = answer.get("EvaluationResults", ())
    return [one["EvalActionName"] for one in results if one["EvalDecision"] != "allowed"]
