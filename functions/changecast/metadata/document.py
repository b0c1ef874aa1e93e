"""What reading a metadata.json gives: a canonical change and for whom, or every fault at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from changecast.change import Change
from changecast.errors import ContractError
from changecast.event import json_path


class Fault(NamedTuple):
    """One thing that is wrong: where (RFC 9535 JSON path) and what."""

    path: str
    message: str


class MetadataFault(ContractError):
    """The document cannot be announced; `faults` names everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        first = faults[0]
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__("metadata", f"{first.path}: {first.message}{more}", first.path)
        self.faults = faults


@dataclass(frozen=True)
class Document:
    """A document that was read: `raw` travels whole, `change` is its canonical form.

    `version` is the document's own, None where it has none (then `change.revision` is 1 until
    the hub assigns one). `names` are customers given by display name that nobody has placed yet.
    `paths` says where in `raw` each code and name stands.
    """

    change: Change
    customers: tuple[str, ...]
    raw: dict[str, Any]
    version: int | None
    shape: str
    names: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)

    def path_of(self, customer: str) -> str:
        """The JSON path at which a customer's code or display name stands."""
        return self.paths.get(customer, "$")


@dataclass
class Source:
    """A raw document while it is being read: remembers where each canonical field came from."""

    raw: Mapping[str, Any]
    faults: list[Fault] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    origins: dict[tuple[str, ...], str] = field(default_factory=dict)

    def take(self, canonical: str, *paths: str) -> Any:
        """The value at the first of the dotted `paths` that has one; null and "" are none."""
        for path in paths:
            value: Any = self.raw
            for key in path.split("."):
                value = value.get(key) if isinstance(value, Mapping) else None
            if value is not None and value != "":
                self.origins[tuple(canonical.split("."))] = f"$.{path}"
                return value
        self.origins.setdefault(tuple(canonical.split(".")), f"$.{paths[0]}")
        return None

    def text(self, canonical: str, *paths: str) -> Any:
        """Like take, with line ends made one kind; what is not text is left for the model."""
        value = self.take(canonical, *paths)
        if isinstance(value, str):
            return value.replace("\r\n", "\n")
        return "" if value is None else value

    def fault(self, canonical: str, message: str) -> None:
        """Something is wrong with what was taken for `canonical`."""
        self.faults.append(Fault(self.origin(tuple(canonical.split("."))), message))

    def origin(self, location: tuple[int | str, ...]) -> str:
        """The path in the raw document behind a location in the canonical change."""
        for length in range(len(location), 0, -1):
            known = self.origins.get(tuple(str(key) for key in location[:length]))
            if known:
                return known + json_path(location[length:]).removeprefix("$")
        return "$"
