"""The one tree of errors, each named for what the caller should do."""

from datetime import datetime

from changecast.contract.pause_code import PauseCode


class ChangecastError(Exception):
    """Anything that Changecast raises on purpose."""


class ContractError(ChangecastError):
    """Input that no retry can make valid: park it, never retry.

    `code` is a stable snake_case word, `path` the JSON path of the fault, if there is one.
    """

    def __init__(self, code: str, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


class Retry(ChangecastError):
    """Try again later, and not before `not_before` if it is set."""

    def __init__(self, message: str, not_before: datetime | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.not_before = not_before


class PauseRun(ChangecastError):
    """Stop calling SES for this run and report why: only a person or time can help."""

    def __init__(self, code: PauseCode, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id


class RecipientRefused(ChangecastError):
    """SES refused this mail permanently: mark this recipient, and continue with the others."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id


class Unanswered(ChangecastError):
    """The call ended without an answer: the mail may or may not be on its way.

    What happens next: customer/sending/unanswered.py and docs/delivery-guarantee.md.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
