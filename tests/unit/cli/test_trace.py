"""Traces as people see them."""

import io
from dataclasses import replace
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


REFUSED = {"id": "9", "name": "email", "namespace": "aws", "aws": {"operation": "SendEmail"},
           "start_time": 1.0, "end_time": 2.0, "error": True}  # fmt: skip


def raised(message: str, kind: str = "ClientError") -> dict[str, Any]:
    return {"cause": {"exceptions": [{"id": "e", "type": kind, "message": message}]}}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (raised("An error occurred (AccountPausedException) when calling the SendEmail operation: "
                "x@acme.example"), "AccountPausedException"),
        (raised("x@acme.example does not answer", "ReadTimeoutError"), "ReadTimeoutError"),
        ({"http": {"response": {"status": 403}}}, "HTTP 403"),
        ({"cause": "0123456789abcdef"}, ""),
    ],
)  # fmt: skip
def test_an_error_has_its_code_and_nothing_else_of_its_message(
    more: dict[str, Any], code: str
) -> None:
    spans = spans_of("1-a", [REFUSED | more])
    assert spans[0].code == code
    said = " ".join(shown([spans]).split())
    assert said.endswith(f"✗ error {code}".strip())
    assert "acme" not in said
    page = str(drawn(Way("globex", 1, [spans])))
    assert code in page
    assert "acme" not in page


@pytest.mark.parametrize("width", [80, 100, 140])
def test_a_long_code_is_whole_on_every_screen(width: int) -> None:
    code = "MailFromDomainNotVerifiedException"
    spans = spans_of("1-a", [REFUSED | raised(f"An error occurred ({code}) when calling")])
    console = Console(width=width, file=io.StringIO())
    console.print(waterfall([spans], width))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert code in "".join(line[-40:].strip() for line in text.splitlines()).replace(" ", "")


@pytest.mark.parametrize(
    ("message", "mark"),
    [
        ("(ConditionalCheckFailedException) when calling the UpdateItem operation", ""),
        ("(TransactionCanceledException): reasons [None, ConditionalCheckFailed]", ""),
        ("(TransactionCanceledException): reasons [ThrottlingError, None]", "error"),
    ],
)
def test_a_conditional_write_that_came_second_is_no_failure(message: str, mark: str) -> None:
    document = REFUSED | {"name": "dynamodb", "aws": {"operation": "UpdateItem"}}
    spans = spans_of("1-a", [document | raised(f"An error occurred {message}")])
    assert spans[0].mark == mark
    assert bool(spans[0].code) is bool(mark)
    assert drawn(Way("globex", 1, [spans]))["troubled"] is bool(mark)


def test_repeated_failures_of_one_code_are_folded_and_another_code_is_shown() -> None:
    failed = [replace(span("SES SendEmail", n, "error"), code="Paused") for n in range(20)]
    failed[9] = replace(failed[9], code="NotFound")
    rows = folded_trace(failed)
    assert [(row.name, row.code) for row in rows if "×" in row.name or row.code != "Paused"] == [
        ("SES SendEmail × 6", "Paused"), ("SES SendEmail", "NotFound"),
        ("SES SendEmail × 7", "Paused"),
    ]  # fmt: skip
    assert all(row.mark == "error" for row in rows)


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
