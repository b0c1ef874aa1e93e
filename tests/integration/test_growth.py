"""What DynamoDB bills for a recipient does not grow with the list; counted in simulated time."""

from benchmarks.growth import dynamodb_price
from benchmarks.whole_run import units_of_run


def test_a_longer_list_costs_a_recipient_no_more() -> None:
    short, long = units_of_run(100), units_of_run(400)
    assert dynamodb_price(long) <= 1.1 * dynamodb_price(short)
    assert long.reports <= short.reports
    assert long.written < 10
    assert long.read < 4
