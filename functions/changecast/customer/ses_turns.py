"""Requests to SES other than sending, each made at the account's turn.

SES accepts one request a second per account. Turns keep our own requests apart. They cannot keep
away CloudFormation and the AWS console, or a slow request that reaches SES right before a fast one.
"""

from collections.abc import Callable
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import Retry
from changecast.customer.ledger.ses_requests import next_turn
from changecast.customer.ledger.table import Ledger
from changecast.lambdas.aws_errors import is_throttled, passes

Result = TypeVar("Result")


def wait_for_turn(ledger: Ledger, clock: Callable[[], float], *, longest: float) -> None:
    """Wait for the account's next turn.

    Raises:
        Retry: It would be more than `longest` seconds away.
    """
    now = clock()
    ledger.wait(next_turn(ledger, now, longest=longest) - now)


def at_turn(turn: Callable[[], None], ask: Callable[[], Result], *, tries: int) -> Result:
    """Return SES's answer to a request.

    Args:
        turn: Waits for the account's next turn; called before every try.
        ask: Makes the request, without retries of its own.
        tries: How often to ask while SES throttles.

    Raises:
        Retry: SES throttles every try, fails, or does not answer.
        ClientError: SES refuses the request.
    """
    for _ in range(tries):
        turn()
        try:
            return ask()
        except ClientError as error:
            if is_throttled(error):
                continue
            if not passes(error):
                raise
            raise Retry(f"SES failed: {error.response['Error'].get('Code', '')}") from error
        except BotoCoreError as error:
            raise Retry(f"SES did not answer: {type(error).__name__}") from error
    raise Retry("SES accepts no more requests at the moment")
