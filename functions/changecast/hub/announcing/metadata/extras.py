"""Optional fields that documents of every shape may have, with the same names."""

import re
from collections.abc import Mapping
from typing import Any

from changecast.hub.announcing.metadata.anchors import anchors_of
from changecast.hub.announcing.metadata.document import RawDocument
from changecast.hub.announcing.metadata.texts import one_line
from changecast.hub.announcing.metadata.times import instant


def extras(source: RawDocument, zone: str, prefix: str = "") -> dict[str, Any]:
    """Return the optional fields that every shape may have."""
    return {
        **anchors_of(source),
        "survey_url": source.take("survey_url", "survey_url", "surveyUrl"),
        "test_run": source.take("test_run", "testRun", "test_run") or False,
        "customer_details": source.take("customer_details", "customer_details", "customerDetails"),
        "confidential": source.take("confidential", "confidential"),
        "prior_status": source.take("prior_status", "prior_status", "priorStatus"),
        "history": _history(source, zone),
        **_effects(source, prefix),
        **_what_became_of_it(source, zone, prefix),
    }


def _effects(source: RawDocument, prefix: str) -> dict[str, Any]:
    """Return the fields about the impact on readers, and what they must do."""
    services = source.take("services", *_spelt(prefix, "services", "affected_services"))
    return {
        "impact_level": _level(source.take("impact_level", *_spelt(prefix, "impact_level"))),
        "services": _names(source, services),
        "action": source.text("action", *_spelt(prefix, "action", "customer_action")) or None,
        "approval_url": source.take("approval_url", *_spelt(prefix, "approval_url")),
    }


def _what_became_of_it(source: RawDocument, zone: str, prefix: str) -> dict[str, Any]:
    """Return the fields about a cancellation, a result, and what follows."""
    reason = _spelt(prefix, "cancellation_reason", "cancel_reason")
    return {
        "cancellation_reason": source.text("cancellation_reason", *reason) or None,
        "outcome": source.text("outcome", *_spelt(prefix, "outcome")) or None,
        "follow_up": source.text("follow_up", *_spelt(prefix, "follow_up", "next_steps")) or None,
        "actual_start": _actual(source, zone, prefix, "actual_start"),
        "actual_end": _actual(source, zone, prefix, "actual_end"),
    }


def _actual(source: RawDocument, zone: str, prefix: str, name: str) -> Any:
    paths = (*_spelt(f"{prefix}schedule.", name), *_spelt(prefix, name))
    return instant(source, name, source.take(name, *paths), zone)


def _spelt(prefix: str, *names: str) -> tuple[str, ...]:
    """Return a name's paths in both spellings, under the shape's own key and at the top level."""
    spellings = [spelling for name in names for spelling in (name, _camel(name))]
    where = dict.fromkeys((prefix, ""))
    return tuple(f"{start}{spelling}" for start in where for spelling in dict.fromkeys(spellings))


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


def _level(given: Any) -> Any:
    """Read an impact level as people spell it: "Reduced redundancy", "NO-IMPACT"."""
    if not isinstance(given, str):
        return given
    name = "_".join(given.lower().replace("-", " ").replace("_", " ").split())
    return "none" if name == "no_impact" else name


def _names(source: RawDocument, given: Any) -> Any:
    """Return names from a list of strings, a list of objects with a `name`, or one string."""
    if isinstance(given, str):
        names = [one_line(name) for name in re.split(r"[;,\n]", given) if name.strip()]
        if len(names) > 1:
            source.warn("services", f"read as {len(names)} names: {'; '.join(names)}")
        return names
    if not isinstance(given, list):
        return () if given is None else given
    named = (item.get("name") if isinstance(item, Mapping) else item for item in given)
    lines = (source.as_line("services", name) for name in named)
    return [name for name in lines if name not in (None, "")]


def _history(source: RawDocument, zone: str) -> Any:
    found = source.take("history", "modifications", "history")
    if not isinstance(found, list):
        return () if found is None else found
    return [_entry(source, index, item, zone) for index, item in enumerate(found)]


def _entry(source: RawDocument, index: int, item: Any, zone: str) -> Any:
    """Return an entry without nulls; a time without an offset is in the document's zone."""
    if not isinstance(item, Mapping):
        return item
    entry = {name: value for name, value in item.items() if value is not None}
    of_entry = source.origin(("history", index))
    at = ("history", str(index), "timestamp")
    source.origins[at] = f"{of_entry}.timestamp"
    if "modification_type" in entry:
        entry["type"] = entry["modification_type"]
        source.origins[(*at[:2], "type")] = f"{of_entry}.modification_type"
    if "timestamp" in entry:
        entry["timestamp"] = instant(source, ".".join(at), entry["timestamp"], zone)
    return entry
