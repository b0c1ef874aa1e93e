"""What each answer of SES means."""

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from changecast.contract.errors import PauseRun, RecipientRefused, Retry, Unanswered
from changecast.customer.channels.email import Mail, Mailer, send, translated
from testbed.doubles.answers import refusal
from testbed.doubles.ses import Ses

SENDER = "changes@acme.example"
MAIL = Mail("p@acme.example", b"Subject: x\r\n\r\n", "announcements", {})
URL = "https://email.example"


def answered(error: Exception) -> type[Exception]:
    def answer(to: str) -> None:
        raise error

    mailer = Mailer(Ses(answer=answer), "changecast", "changecast", SENDER)  # type: ignore[arg-type]
    with pytest.raises(Exception) as caught:  # noqa: PT011
        send(mailer, MAIL)
    return caught.type


@pytest.mark.parametrize(
    ("code", "status", "message", "meaning"),
    [
        ("TooManyRequestsException", 429, "Maximum sending rate exceeded.", Retry),
        ("ThrottlingException", 400, "Rate exceeded", Retry),
        ("TooManyRequestsException", 429, "Daily message quota exceeded.", PauseRun),
        ("SendingPausedException", 400, "", PauseRun),
        ("AccountSuspendedException", 400, "", PauseRun),
        ("LimitExceededException", 400, "", PauseRun),
        ("MailFromDomainNotVerifiedException", 400, "", PauseRun),
        ("NotFoundException", 404, "", PauseRun),
        ("AccessDeniedException", 403, "", PauseRun),
        ("SignatureDoesNotMatch", 403, "", PauseRun),
        ("MessageRejected", 400, "", RecipientRefused),
        ("BadRequestException", 400, "", RecipientRefused),
        ("InternalFailure", 500, "", Unanswered),
        ("ServiceUnavailable", 503, "", Unanswered),
        ("Unknown", 0, "", Unanswered),
    ],
)
def test_an_answer_means_what_the_guarantee_says(
    code: str, status: int, message: str, meaning: type[Exception]
) -> None:
    assert answered(refusal(code, status, message)) is meaning


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("changes@acme.example", "sender_not_verified"),
        ('"Acme changes" <Changes@acme.example>, p@acme.example', "sender_not_verified"),
        ("acme.example", "sender_not_verified"),
        ("p@acme.example", "sandbox"),
        ("all-changes@acme.example", "sandbox"),
    ],
)
def test_who_is_not_verified_is_no_recipients_fault(named: str, code: str) -> None:
    says = "Email address is not verified. The following identities failed the check in region X: "
    meaning = translated(refusal("MessageRejected", 400, says + named), "changes@acme.example")
    assert isinstance(meaning, PauseRun)
    assert meaning.code == code
    assert "p@acme.example" not in meaning.message


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (exceptions.ReadTimeoutError(endpoint_url=URL), Unanswered),
        (exceptions.ConnectionClosedError(endpoint_url=URL), Unanswered),
        (exceptions.HTTPClientError(error=OSError()), Unanswered),
        (ResponseParserError("not JSON"), Unanswered),
        (exceptions.ConnectTimeoutError(endpoint_url=URL), Retry),
        (exceptions.EndpointConnectionError(endpoint_url=URL), Retry),
        (exceptions.NoCredentialsError(), PauseRun),
    ],
)
def test_no_answer_is_unknown_unless_nothing_was_asked(
    error: Exception, meaning: type[Exception]
) -> None:
    assert answered(error) is meaning
