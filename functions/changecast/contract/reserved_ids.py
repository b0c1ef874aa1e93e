"""The ids that no change may have: those of tests and of weekly digests."""

from pydantic import TypeAdapter, ValidationError

from changecast.contract.digest import DIGEST_PREFIX
from changecast.contract.errors import ContractError
from changecast.contract.fields import ChangeId

TEST_SUFFIX = ":test"  # a test lives under <change id>:test
_CHANGE_ID: TypeAdapter[str] = TypeAdapter(ChangeId)


def id_of_test(change_id: str) -> str:
    """Return the id of this change's test; ContractError if it would be too long."""
    name = change_id if change_id.endswith(TEST_SUFFIX) else f"{change_id}{TEST_SUFFIX}"
    try:
        return _CHANGE_ID.validate_python(name)
    except ValidationError as error:
        raise ContractError(
            "change_id", f"{name!r} is too long for a test's id: shorten the change's id"
        ) from error


def refuse_reserved_id(change_id: str, path: str) -> None:
    """Raise ContractError if a change that is not a test has the id of a test or of a digest."""
    whose = ""
    if change_id.endswith(TEST_SUFFIX):
        whose = "test"
    if change_id.startswith(DIGEST_PREFIX):
        whose = "weekly digest"
    if whose:
        raise ContractError(
            "change_id",
            f"{change_id!r} is the id of a {whose}; a change needs a different id",
            path,
        )
