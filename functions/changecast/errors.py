"""The one tree of errors, each named by what the caller should do."""

from datetime import datetime


class ChangecastError(Exception):
    """Anything that Changecast raises on purpose."""


class ContractError(ChangecastError):
    """Input that can never become right by trying again: park it, never retry.

    `code` is a stable snake_case word, `path` the JSON path of the fault where there is one.
    """

    def __init__(self, code: str, message: str, path: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.path = path


class Retry(ChangecastError):
    """Try the same thing again, not before `not_before` where it is known."""

    def __init__(self, message: str, not_before: datetime | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.not_before = not_before


class PauseRun(ChangecastError):
    """Stop calling SES for this run and say so: nothing will work until somebody or time acts."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id


class RecipientRefused(ChangecastError):
    """SES refused this one mail for good: mark this recipient, go on with the others."""

    def __init__(self, code: str, message: str, request_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.request_id = request_id


class Unanswered(ChangecastError):
    """The call ended without an answer: the mail may or may not be on its way."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
