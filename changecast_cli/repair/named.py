"""Find a run in a customer's account and name it in messages.

If there is none, say which customers the change names.
"""

from typing import TYPE_CHECKING

from changecast.contract.reminder import words_of
from changecast.customer.ledger.schema import Run
from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.tracking.revisions import revisions
from changecast_cli.customer_access import CustomerAccount
from changecast_cli.failures import Refused
from changecast_cli.watching.history import named_customers
from changecast_cli.watching.recipients import run_in
from changecast_cli.watching.status import refuse_unnamed

if TYPE_CHECKING:
    import boto3


def run_of_change(
    hub: "boto3.Session",
    account: CustomerAccount,
    change_id: str,
    revision: int | None,
    reminder: str | None,
) -> Run:
    """Return the change's run in this account.

    Raises:
        Refused: It has none. If the change does not name the customer, the message lists those that
            it names.
    """
    try:
        return run_in(account, account.ledger(), change_id, revision, reminder)
    except Refused:
        refuse_other_customer(hub, change_id, account.customer.code)
        raise


def named(run: Run, customer: str) -> str:
    """Return the run's change and revision, its reminder if it is one's, and the customer."""
    reminder = f", reminder {words_of(run.reminds)}," if run.is_reminder else ""
    return f"{run.change_id} revision {run.revision}{reminder} at {customer}"


def refuse_other_customer(hub: "boto3.Session", change_id: str, code: str) -> None:
    """Raise Refused if the hub knows the change and the change does not name this customer."""
    table = hub.resource("dynamodb").Table(STATUS_TABLE)
    customers = named_customers(table, change_id, revisions(table, change_id))
    if customers:
        refuse_unnamed(change_id, code, customers)
