"""Report a run right after an operator's change, so that `status` is right within seconds."""

from changecast.customer.hints import hint_report
from changecast_cli.customer_access import CustomerAccount


def report_soon(account: CustomerAccount, run: str) -> None:
    """Queue a report of a run; otherwise, the next sweep reports it.

    A stack from before the output ReportsQueue waits for the sweep.
    """
    if queue := account.outputs.get("ReportsQueue"):
        account.session.client("sqs").send_message(QueueUrl=queue, MessageBody=hint_report(run))
