"""The pages of docs/reference/, written from the program, the schemas and the templates."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from testbed.expand import ROOT
from testbed.reference import alarms, command, events, metrics, parameters

FOLDER = ROOT / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "cli.md": command.page,
        "events.md": events.page,
        "parameters.md": parameters.page,
        "metrics.md": metrics.page,
        "alarms.md": alarms.page,
    }
)
