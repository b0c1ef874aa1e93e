"""Traces as people see them."""

import io
from typing import Any

import pytest
from rich.console import Console

from changecast_cli.trace.folding import folded, folded_trace
from changecast_cli.trace.page import drawn
from changecast_cli.trace.spans import Span, Way, joined, spans_of
from changecast_cli.trace.text import bar_of, waterfall

NAME = "changecast-SendMailFunction-DCDE6EE342E22"


def invocation(trace: str, begin: float, *marks: str, sender: str = "") -> list[Span]:
    """Lambda's two segments, with a step and a call inside."""
    call = {"id": "4", "name": "email", "namespace": "aws", "aws": {"operation": "SendEmail"},
            "type": "subsegment", "start_time": begin + 2, "end_time": begin + 3}  # fmt: skip
    call |= dict.fromkeys(marks, True)
    step = {"id": "3", "name": "send", "type": "subsegment", "start_time": begin + 1,
            "end_time": begin + 4, "annotations": {"customer": "acme", "to": "x@acme.example"},
            "subsegments": [call]}  # fmt: skip
    inner = {"id": "2", "parent_id": "1", "name": NAME, "origin": "AWS::Lambda::Function",
             "start_time": begin, "end_time": begin + 5, "subsegments": [step]}  # fmt: skip
    outer = {"id": "1", "name": NAME, "origin": "AWS::Lambda", "start_time": begin,
             "end_time": begin + 5, "links": [{"trace_id": sender}] if sender else []}  # fmt: skip
    return spans_of(trace, [inner, outer])


def shown(way: list[list[Span]]) -> str:
    console = Console(width=100, file=io.StringIO())
    console.print(waterfall(way, 100))
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_spans_stand_inside_what_made_them_in_the_order_of_their_begin() -> None:
    spans = invocation("1-a", 100.0)
    assert [(span.depth, span.name) for span in spans] == [
        (0, "SendMail"), (1, "SendMail"), (2, "send"), (3, "SES SendEmail"),
    ]  # fmt: skip
    assert [span.kind for span in spans] == ["function", "function", "step", "call"]


def test_only_our_own_annotations_are_taken_over() -> None:
    annotations = [span.annotations for span in invocation("1-a", 0.0)]
    assert (("customer", "acme"),) in annotations
    assert "x@acme.example" not in str(annotations)


@pytest.mark.parametrize(
    ("marks", "mark", "said"),
    [
        (("error", "throttle"), "throttle", "! throttled"),
        (("error",), "error", "✗ error"),
        (("fault",), "fault", "✗ fault"),
    ],
)
def test_errors_and_throttles_are_marked_in_words(
    marks: tuple[str, ...], mark: str, said: str
) -> None:
    spans = invocation("1-a", 0.0, *marks)
    assert spans[-1].mark == mark
    assert said in shown([spans])


@pytest.mark.parametrize(
    ("status", "mark"), [(400, "error"), (429, "throttle"), (500, "fault"), (200, "fault")]
)
def test_what_the_sdk_calls_a_fault_is_told_by_what_aws_answered(status: int, mark: str) -> None:
    call = {"id": "1", "name": "email", "fault": True, "http": {"response": {"status": status}}}
    (one,) = spans_of("1-a", [call])
    assert one.mark == mark


def test_traces_on_both_sides_of_a_queue_are_one_way_even_if_a_clock_is_wrong() -> None:
    traces = {
        "send": invocation("send", 90.0, sender="plan"),
        "plan": invocation("plan", 100.0, sender="root"),
        "root": invocation("root", 99.0),
    }
    assert [spans[0].trace_id for spans in joined(traces, "root")] == ["root", "plan", "send"]
    assert "queue from SendMail" in shown(joined(traces, "root"))


def test_traces_that_link_in_a_ring_or_to_nothing_known_still_come_each_once() -> None:
    traces = {
        "a": invocation("a", 1.0, sender="b"),
        "b": invocation("b", 2.0, sender="a"),
        "c": invocation("c", 3.0, sender="gone"),
    }
    assert sorted(spans[0].trace_id for spans in joined(traces, "none")) == ["a", "b", "c"]


def span(name: str, begin: float, mark: str = "") -> Span:
    return Span("1-a", name, name, "call", begin, begin + 1, 0, mark)


def test_many_like_calls_are_few_rows_and_what_failed_is_always_shown() -> None:
    calls = [span("SES SendEmail", n) for n in range(20)]
    calls[10] = span("SES SendEmail", 10, "throttle")
    rows = folded_trace(calls)
    assert [row.name for row in rows] == [
        *["SES SendEmail"] * 3, "SES SendEmail × 7", "SES SendEmail",
        *["SES SendEmail"] * 3, "SES SendEmail × 6",
    ]  # fmt: skip
    assert [row.mark for row in rows if row.mark] == ["throttle"]
    assert (rows[3].begin, rows[3].end) == (3, 10)


def test_of_many_traces_of_a_function_two_are_shown_and_every_one_that_failed() -> None:
    way = [invocation(f"1-{n}", float(n)) for n in range(6)]
    way[4] = invocation("1-4", 4.0, "fault")
    shown_traces = folded(way)
    assert [spans[0].trace_id for spans in shown_traces] == ["1-0", "1-1", "1-4"]
    assert [span.name for span in shown_traces[0]] == ["SendMail", "send", "SES SendEmail"]


@pytest.mark.parametrize(
    ("begin", "end", "bar"),
    [(0, 10, "██████████"), (5, 6, "     █"), (10, 10, "         █"), (0, 0.001, "█")],
)
def test_every_bar_is_seen_and_none_leaves_its_room(begin: float, end: float, bar: str) -> None:
    one = Span("t", "i", "n", "call", begin, end, 0, "")
    assert bar_of(one, 0, 10, 10) == bar


def test_the_page_places_bars_in_percent_and_says_what_lacks() -> None:
    way = drawn(Way("acme", 3, [invocation("1-a", 100.0)]))
    bars: list[dict[str, Any]] = way["traces"][0]["bars"]
    assert (bars[3]["left"], bars[3]["width"]) == (40.0, 20.0)
    assert drawn(Way("acme", 3, [], "no way in"))["lacks"] == "no way in"
