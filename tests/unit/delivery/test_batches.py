"""Records that are handled together."""

from changecast.contract.errors import Retry
from changecast.lambdas.batches import Group, each_group


def test_one_that_fails_in_a_group_goes_back_alone() -> None:
    handled: list[str] = []

    def handle(group: Group) -> None:
        if any(record["body"] == "bad" for record in group):
            raise Retry("not now")
        handled.extend(record["messageId"] for record in group)

    bodies = ("good", "bad", "good")
    records = [{"messageId": str(at), "body": body} for at, body in enumerate(bodies)]
    answer = each_group([records, [{"messageId": "3", "body": "good"}]], handle)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert handled == ["0", "2", "3"]
