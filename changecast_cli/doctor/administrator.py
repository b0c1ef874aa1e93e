"""Fixes that docs/policies allows nobody to type: an administrator of the account must."""

from dataclasses import replace

from changecast_cli.doctor.verdicts import Verdict

# tests/contract/templates/test_administrator.py compares these commands with the documents.
COMMANDS = (
    "aws service-quotas request-service-quota-increase",
    "aws sesv2 delete-email-identity",
    "aws sesv2 put-account-details",
    "aws sesv2 put-account-sending-attributes",
)
# The documents allow creating topics, and subscribing to them, in the hub's account only.
COMMANDS_OF_CUSTOMERS = (
    *COMMANDS,
    "aws cloudwatch set-alarm-state",
    "aws sns create-topic",
    "aws sns subscribe",
)


def by_administrator(verdict: Verdict, account: str, *, is_hub: bool = False) -> Verdict:
    """Return the verdict; if only an administrator may type its fix, the reason says so."""
    commands = COMMANDS if is_hub else COMMANDS_OF_CUSTOMERS
    if not any(command in verdict.fix for command in commands):
        return verdict
    told = (
        f"{verdict.reason}. An administrator of account {account} must run this fix: the policies "
        "in docs/policies do not allow it"
    )
    return replace(verdict, reason=told)
