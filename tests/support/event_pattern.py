"""Return whether an event matches an EventBridge pattern; supports only what our templates use.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
Values: exact strings, and `{"exists": bool}`; an array matches by intersection. Names: nested
objects, all of which must match, and `$or`. Anything else is an error, never a silent match.
"""

from typing import Any

MISSING = object()


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether every field of the pattern finds its value in the event."""
    return all(_field(name, wanted, event) for name, wanted in pattern.items())


def _field(name: str, wanted: Any, event: dict[str, Any]) -> bool:
    if name == "$or":
        return any(matches(alternative, event) for alternative in wanted)
    found = event.get(name, MISSING)
    if isinstance(wanted, dict):
        return matches(wanted, found if isinstance(found, dict) else {})
    return any(_value(one, found) for one in wanted)


def _value(wanted: Any, found: Any) -> bool:
    values = found if isinstance(found, list) else [found]
    if isinstance(wanted, str):
        return wanted in values
    if isinstance(wanted, dict) and set(wanted) == {"exists"}:
        is_there = found is not MISSING and found != [] and not isinstance(found, dict)
        return is_there is wanted["exists"]
    raise NotImplementedError(f"our patterns do not use {wanted!r}; teach the matcher first")
