"""Result of reading a metadata.json: a canonical change and its customers, or all faults."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from changecast.contract.change import Change
from changecast.contract.envelope import json_path
from changecast.contract.errors import ContractError
from changecast.contract.markup import is_html
from changecast.hub.announcing.metadata.texts import (
    has_breaks,
    one_line,
    tidy,
    without_tags,
)


class Fault(NamedTuple):
    """A fault: where (RFC 9535 JSON path) and what."""

    path: str
    message: str


class MetadataFault(ContractError):
    """The document cannot be announced; `faults` has all its faults."""

    def __init__(self, faults: list[Fault]) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__("metadata", f"{first.path}: {first.message}{more}", first.path)
        self.faults = faults


@dataclass(frozen=True)
class Document:
    """A document that was read: `raw` is the original, `change` its canonical form.

    `version` is the document's own, None if it has none (then `change.revision` is 1 until the hub
    assigns one). `names` are display names of customers that are not resolved yet. `paths` has the
    JSON path of each code and name in `raw`; `unused` are the paths that nothing reads.
    """

    change: Change
    customers: tuple[str, ...]
    raw: dict[str, Any]
    version: int | None
    shape: str
    names: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)

    def path_of(self, customer: str) -> str:
        """Return the JSON path of a customer's code or display name."""
        return self.paths.get(customer, "$")


@dataclass
class RawDocument:
    """A raw document being read; it remembers the source of each canonical field."""

    raw: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def take(self, canonical: str, *paths: str) -> Any:
        """Return the first value at the dotted `paths`; null and blanks do not count."""
        for path in paths:
            self.asked.add(path)
            value: Any = self.raw
            for key in path.split("."):
                value = value.get(key) if isinstance(value, Mapping) else None
            if value is not None and not (isinstance(value, str) and not value.strip()):
                self.origins[tuple(canonical.split("."))] = f"$.{path}"
                return value
        self.origins.setdefault(tuple(canonical.split(".")), f"$.{paths[0]}")
        return None

    def text(self, canonical: str, *paths: str) -> Any:
        """Like `take`, but with tidied text; anything else is left for the model."""
        value = self.take(canonical, *paths)
        if isinstance(value, str):
            if is_html(value):
                self.warn(canonical, "contains HTML; mails show its text without the tags")
            return tidy(value)
        return "" if value is None else value

    def line(self, canonical: str, *paths: str) -> Any:
        """Like `text`, but on one line."""
        value = self.take(canonical, *paths)
        return "" if value is None else self.as_line(canonical, value)

    def as_line(self, canonical: str, value: Any) -> Any:
        """Return a text on one line, with a warning if that changes it."""
        if not isinstance(value, str):
            return value
        if is_html(value):
            self.warn(canonical, "contains HTML; its text is used without the tags")
            value = without_tags(value)
        elif has_breaks(value):
            self.warn(canonical, "has line breaks; they are replaced with spaces")
        return one_line(value)

    def token(self, canonical: str, *paths: str) -> Any:
        """Return an id or a ticket: text without surrounding blanks, or a whole number's digits."""
        value = self.take(canonical, *paths)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is int:
            return str(value)
        if isinstance(value, str):
            return value.strip()
        return "" if value is None else value

    def warn(self, canonical: str, message: str) -> None:
        """Warn that the value for `canonical` is read differently from how it is written."""
        self.warnings.append(f"{self.origin(tuple(canonical.split('.')))}: {message}")

    def fault(self, canonical: str, message: str) -> None:
        """Note a fault in the value for `canonical`."""
        self.faults.append(Fault(self.origin(tuple(canonical.split("."))), message))

    def origin(self, location: tuple[int | str, ...]) -> str:
        """Return the path in the raw document for a location in the canonical change."""
        for length in range(len(location), 0, -1):
            known = self.origins.get(tuple(str(key) for key in location[:length]))
            if known:
                return known + json_path(location[length:]).removeprefix("$")
        return "$"
