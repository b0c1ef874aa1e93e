"""Refuse forgeries: an account reports, answers and declares only for its own customer.

AWS sets the account of an event, so no account can claim to be another. The registry says which
customer an account belongs to (hub/registry.py, `Accounts.customer_of`). The tracker parks refused
events, and `watch` sends an alert (docs/runbook/forged.md).
"""

from datetime import datetime
from typing import TYPE_CHECKING

from changecast.contract.delivery_reported import DeliveryReported
from changecast.contract.envelope import REPORTED_SOURCE, Envelope
from changecast.contract.errors import ContractError
from changecast.contract.freeze import FreezeDeclared
from changecast.contract.response_events import ResponseRecorded
from changecast.hub.tracking.history import keep_forged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


def refuse_forged(
    table: "Table",
    reported: Envelope[DeliveryReported] | Envelope[ResponseRecorded] | Envelope[FreezeDeclared],
    code: str | None,
    now: datetime,
) -> None:
    """Refuse an event from an account that is not its customer's, and keep it as forged.

    Args:
        code: The customer of the sending account, by the registry; None if it has none.

    Raises:
        ContractError: `forged`.
    """
    own_source = reported.source == f"{REPORTED_SOURCE}.{reported.account}"
    if own_source and code == reported.detail.customer:
        return
    keep_forged(table, reported, now)
    raise ContractError(
        "forged",
        f"account {reported.account} (customer {code}) reported as {reported.detail.customer!r} "
        f"with source {reported.source!r}",
    )
