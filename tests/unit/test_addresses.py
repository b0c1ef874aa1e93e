"""What AWS says of a failed call names nobody once it travels."""

import pytest
from aws_xray_sdk.core.models.segment import Segment
from aws_xray_sdk.core.models.subsegment import Subsegment

from changecast.lambdas.redaction import without_addresses
from changecast.lambdas.tracing import hide_addresses
from testbed.doubles.answers import refusal


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Missing final '@domain'", "Missing final '@domain'"),
        ("Illegal address: p@acme.example.", "Illegal address: ***@acme.example."),
        ("in region X: a@acme.example, b.c+d@globex.example", "in region X: ***@acme.example, "
         "***@globex.example"),
        ('"Ana" <ana@acme.example>', '"Ana" <***@acme.example>'),
        ("to=ána@acme.example;", "***@acme.example;"),
        ("Rate exceeded", "Rate exceeded"),
        ("", ""),
    ],
)  # fmt: skip
def test_who_an_address_is_of_is_left_out_and_where_it_is_stays(said: str, left: str) -> None:
    assert without_addresses(said) == left


def test_a_long_text_without_an_address_is_read_once() -> None:
    assert without_addresses("x" * 200_000) == "x" * 200_000


def test_a_trace_of_a_refused_mail_names_nobody() -> None:
    segment = Segment("send")
    call = Subsegment("ses", "aws", segment)
    segment.add_subsegment(call)
    call.add_exception(refusal("MessageRejected", 400, "not verified: canary@acme.example"), [])
    hide_addresses(segment)
    assert "canary" not in segment.serialize()
    assert "not verified: ***@acme.example" in segment.serialize()
