"""A metric is a line that CloudWatch finds in the log by itself."""

import io
import json

from changecast.lambdas.metrics import NAMESPACE, count, measured, percent, seconds


def test_a_line_has_the_metrics_their_units_and_one_set_of_dimensions() -> None:
    out = io.StringIO()
    measured(
        {"customer": "acme"},
        {"Reports": count(2), "TimeToLastMail": seconds(1.5), "QuotaUsed": percent(80)},
        out=out,
        clock=lambda: 1_800_000_000.1234,
    )
    assert out.getvalue().count("\n") == 1
    line = json.loads(out.getvalue())
    assert line["_aws"] == {
        "Timestamp": 1_800_000_000_123,
        "CloudWatchMetrics": [
            {
                "Namespace": NAMESPACE,
                "Dimensions": [["customer"]],
                "Metrics": [
                    {"Name": "Reports", "Unit": "Count"},
                    {"Name": "TimeToLastMail", "Unit": "Seconds"},
                    {"Name": "QuotaUsed", "Unit": "Percent"},
                ],
            }
        ],
    }
    values = [line[name] for name in ("customer", "Reports", "TimeToLastMail", "QuotaUsed")]
    assert values == ["acme", 2, 1.5, 80]


def test_a_metric_of_the_whole_hub_has_no_dimension() -> None:
    out = io.StringIO()
    measured({}, {"Announcements": count(1)}, out=out)
    assert json.loads(out.getvalue())["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]
