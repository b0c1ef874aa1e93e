"""A change as one customer may see it: without any other customer's code, name or section. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from changecast.contract.change import Change, view_for
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.envelope import json_path
from changecast.contract.errors import ContractError

# Our own words, which cannot name anybody.
_OURS = {"revision", "kind", "status", "prior_status", "window"}


def seen_by(change: Change, code: str) -> Change:
    """Return the change with only this customer's section, and without its editors."""
    return view_for(change, code).model_copy(update={"confidential": True, "history": ()})


def refuse_foreign(detail: ChangeAnnounced, own: str, names: Mapping[str, str]) -> None:
    """Refuse an event for `own` whose texts name another customer; `names` has names by code.

    Raises:
        ContractError: `not_confidential`, with the path and the word.
    """
    seen = detail.model_dump(mode="json", include={"announced_by", "change"}, exclude_none=True)
    seen["change"] = {name: value for name, value in seen["change"].items() if name not in _OURS}
    mine = _word({own, names.get(own) or own})
    others = {code: name for code, name in names.items() if code != own}
    words = sorted({word for pair in others.items() for word in pair if word})
    for path, text in _texts(seen):
        if found := _first_of(words, mine.sub(" ", text)):
            where = json_path(path)
            raise ContractError(
                "not_confidential",
                f"{where} names another customer ({found!r}), so the announcement "
                "cannot be confidential",
                where,
            )


def _first_of(words: list[str], text: str) -> str | None:
    lower = text.lower()
    near = (word for word in words if word.lower() in lower)  # cheap, and rarely true
    return next((word for word in near if _word({word}).search(text)), None)


def _word(words: set[str]) -> re.Pattern[str]:
    """Return a pattern for any whole word: `acme` is in `db-acme_1`, not in `acmes`."""
    longest_first = sorted(words, key=len, reverse=True)
    either = "|".join(re.escape(word) for word in longest_first)
    return re.compile(rf"(?<![^\W_])(?:{either})(?![^\W_])", re.IGNORECASE)


def _texts(
    value: Any, path: tuple[int | str, ...] = ()
) -> Iterator[tuple[tuple[int | str, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key), key
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))
