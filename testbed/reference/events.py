"""docs/reference/events.md: the fields of the events, read from their schemas."""

import json
import textwrap
from typing import Any

from testbed.expand import ROOT
from testbed.reference.tables import code, table

HEAD = """# Events

Written by `make docs-reference` from the schemas in `schemas/`. Complete samples are in `events/`.
[Concepts](../concepts.md#versions) says how versions change. [metadata.json](../metadata.md) says
which field of a change document becomes which field of an event.

Your own program may put a `ChangeAnnounced`, with its own `event_id`, `change_id`, `revision` and
`announced_at`. Then no revision is reserved, customers that are no longer named are not told, and
the hub sends the alert [bypassed](../runbook/bypassed.md).
```sh
aws events put-events --entries file://events/put-events.json
```
"""
EVENTS = {
    "ChangeAnnounced": (
        '`"source": "changecast.changes"`. `announce` puts it on the bus of the hub. The route of '
        "each customer that it names delivers it to the account of that customer."
    ),
    "DeliveryReported": (
        '`"source": "changecast.delivery.222222222222"`, with the number of the reporting account. '
        "It is put on the bus of the hub whenever the state or the counts of a run have changed."
    ),
    "ResponseRecorded": (
        '`"source": "changecast.delivery.222222222222"`: '
        "one person's answer to a change. It is put on the bus of the hub."
    ),
    "ChangeResponded": (
        '`"source": "changecast.responses"`. For each answer that it keeps, the hub puts this '
        "event on its own bus, so that a change system can subscribe: "
        "`events/change-responded-rule.json`."
    ),
}
COLUMNS = ("field", "type", "required", "meaning")
Schema = dict[str, Any]


def page() -> str:
    """Return the whole page."""
    objects: dict[str, Schema] = {}
    for name in EVENTS:
        objects |= json.loads((ROOT / "schemas" / f"{name}.v1.json").read_text("utf-8"))["$defs"]
    parts = sorted(objects.keys() - EVENTS.keys() - {"JsonValue"})
    return "\n".join(
        [
            HEAD,
            *(_event(name, text, objects[name]) for name, text in EVENTS.items()),
            "## Objects of the events",
            *(_part(each, objects[each]) for each in parts),
        ]
    )


def _event(name: str, text: str, detail: Schema) -> str:
    return f"## {name}\n{textwrap.fill(text, 100)}\n\n{_fields(detail)}"


def _part(name: str, schema: Schema) -> str:
    first = schema["description"].split("\n")[0]
    if values := schema.get("enum"):
        listed = textwrap.fill(f"One of {', '.join(code(each) for each in values)}.", 100)
        return f"### {name}\n{first}\n\n{listed}\n"
    return f"### {name}\n{first}\n\n{_fields(schema)}"


def _fields(schema: Schema) -> str:
    required = schema.get("required", ())
    rows = [
        (code(name), _type(field), "yes" if name in required else "", field.get("description", ""))
        for name, field in schema["properties"].items()
    ]
    return table(COLUMNS, rows)


def _type(field: Schema) -> str:
    if "anyOf" in field:
        return " or ".join(_type(each) for each in field["anyOf"])
    if "$ref" in field:
        return str(field["$ref"].rpartition("/")[2]).replace("JsonValue", "any JSON")
    if "const" in field:
        return code(json.dumps(field["const"]))
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    return str(field.get("format") or field.get("type", "any JSON")) + _bounds(field)


def _bounds(field: Schema) -> str:
    if "maxLength" in field:
        return f", to {field['maxLength']:,} characters"
    if "maximum" in field:
        return f", {field['minimum']} to {field['maximum']:,}"
    return ""
