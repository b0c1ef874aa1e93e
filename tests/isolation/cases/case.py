"""What every case is made of."""

from tests.isolation.engine import Request
from tests.isolation.questions import Context, Question
from tests.isolation.things import Thing

A, B = "acme", "globex"
EVENTBRIDGE, LAMBDA = "events.amazonaws.com", "lambda.amazonaws.com"


def case(says: str, request: Request, *, allowed: bool = False) -> Question:
    """One case, by the sentence that the table shows."""
    return Question(request, allowed, says)


def by_service(
    action: str, what: Thing, rule: str = "", account: str = "", service: str = EVENTBRIDGE
) -> Request:
    """A request of an AWS service on behalf of a rule (its ARN) of an account; "" leaves it out."""
    source: Context = {"aws:SourceArn": rule, "aws:SourceAccount": account}
    context: Context = {"aws:SecureTransport": "true"}
    context |= {key: value for key, value in source.items() if value}
    return Request(service, action, what.arn, what.account, context, on=what.policy)
