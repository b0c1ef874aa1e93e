"""`aws SERVICE OPERATION --option value` for game days, by botocore's own models of the services.

Prints what the AWS CLI would print as JSON. Knows scalars, booleans and lists of scalars.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import boto3
from botocore import xform_name

OWN = ("profile", "region")
# Options that the AWS CLI calls otherwise, because it has an option of its own of that name.
# https://docs.aws.amazon.com/cli/latest/reference/sns/subscribe.html
RENAMED = {("sns", "subscribe", "notification-endpoint"): "endpoint"}


def run(words: Sequence[str]) -> dict[str, Any]:
    """Call the operation, and return its answer."""
    service, operation, *rest = words
    given = {
        RENAMED.get((service, operation, name), name): values for name, values in _options(rest)
    }
    own = {name: given.pop(name, [None])[0] for name in OWN}
    session = boto3.Session(profile_name=own["profile"], region_name=own["region"])
    client: Any = session.client(service)  # type: ignore[call-overload]
    method = operation.replace("-", "_")
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    members = {} if model.input_shape is None else model.input_shape.members
    named = {xform_name(name, "-"): (name, shape) for name, shape in members.items()}
    request = {}
    for option, values in given.items():
        is_no = option.startswith("no-") and option not in named
        name, shape = named[option.removeprefix("no-") if is_no else option]
        request[name] = not is_no if shape.type_name == "boolean" else _value(shape, values)
    answer: dict[str, Any] = getattr(client, method)(**request)
    answer.pop("ResponseMetadata", None)
    return answer


def _options(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    name, values = "", list[str]()
    for word in [*words, "--"]:
        if word.startswith("--"):
            if name:
                yield name, values
            name, values = word.removeprefix("--"), []
        else:
            values.append(word)


def _value(shape: Any, values: list[str]) -> Any:
    if shape.type_name == "list":
        return values
    return int(values[0]) if shape.type_name in ("integer", "long") else " ".join(values)


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1:]), indent=4, default=str))
