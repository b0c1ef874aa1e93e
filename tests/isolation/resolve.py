"""An expanded template with every intrinsic function replaced by what AWS would put there.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.isolation.arns import FORMS, name_of


@dataclass(frozen=True)
class Place:
    """The account and Region of a stack."""

    account: str
    region: str
    stack: str


class Stack:
    """One template deployed at one place.

    `resources`: logical id -> `Type` and properties, resolved; those of a false condition are gone.
    `Ref` of a queue gives its ARN here, where AWS gives its URL: the same queue.
    """

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str], place: Place):
        self.place = place
        self.parameters = _parameters(template, parameters, place)
        self._conditions = template.get("Conditions", {})
        self._raw = {
            name: resource
            for name, resource in template["Resources"].items()
            if "Condition" not in resource or self.holds(resource["Condition"])
        }
        self.resources: dict[str, dict[str, Any]] = {
            name: {**self.value(resource.get("Properties", {})), "Type": resource["Type"]}
            for name, resource in self._raw.items()
        }

    def value(self, value: Any) -> Any:
        """A value of the template, resolved; what resolves to AWS::NoValue is left out."""
        if isinstance(value, list):
            return [found for item in value if (found := self.value(item)) is not _NO_VALUE]
        if not isinstance(value, dict):
            return value
        name, argument = next(iter(value.items()), ("", None))
        if len(value) == 1 and name in _FUNCTIONS:
            return _FUNCTIONS[name](self, argument)
        resolved = {key: self.value(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not _NO_VALUE}

    def holds(self, condition: str) -> bool:
        """Whether a condition of the template is true here."""
        return bool(self.value(self._conditions[condition]))

    def kind(self, name: str) -> str:
        """A resource's type."""
        return str(self._raw[name]["Type"])

    def name(self, name: str) -> str:
        """A resource's physical name."""
        made_up = f"{self.place.stack}-{self.place.account}-{name}"
        given = name_of(self.kind(name), self._raw[name].get("Properties", {}), made_up)
        return str(self.value(given))

    def arn(self, name: str) -> str:
        """A resource's ARN; KeyError for a type that has none."""
        bus = self.value(self._raw[name].get("Properties", {}).get("EventBusName", "default"))
        return FORMS[self.kind(name)].format(
            account=self.place.account,
            region=self.place.region,
            name=self.name(name),
            bus="" if bus == "default" else f"{bus}/",
        )


def _parameters(
    template: Mapping[str, Any], given: Mapping[str, str], place: Place
) -> dict[str, Any]:
    values: dict[str, Any] = {
        "AWS::AccountId": place.account,
        "AWS::Region": place.region,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": place.stack,
        "AWS::StackId": f"arn:aws:cloudformation:{place.region}:{place.account}:"
        f"stack/{place.stack}/1",
        "AWS::NoValue": _NO_VALUE,
    }
    for name, spec in template.get("Parameters", {}).items():
        value = given[name] if name in given else spec["Default"]
        values[name] = value.split(",") if spec["Type"] == "CommaDelimitedList" else value
    return values


_REFERRED_BY_ARN = {"AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::SecretsManager::Secret"}


def _ref(stack: Stack, name: str) -> Any:
    if name in stack.parameters:
        return stack.parameters[name]
    return stack.arn(name) if stack.kind(name) in _REFERRED_BY_ARN else stack.name(name)


def _get_att(stack: Stack, argument: list[str]) -> str:
    name, attribute = argument
    if attribute in ("QueueName", "TopicName"):
        return stack.name(name)
    if attribute == "ApiEndpoint":
        return f"https://{stack.name(name)}.execute-api.{stack.place.region}.amazonaws.com"
    if attribute != "Arn":
        raise NotImplementedError(f"Fn::GetAtt {name}.{attribute}")
    return stack.arn(name)


def _sub(stack: Stack, argument: str | list[Any]) -> str:
    text, own = (argument, {}) if isinstance(argument, str) else argument

    def found(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in own:
            return str(stack.value(own[name]))
        return _get_att(stack, name.split(".")) if "." in name else str(_ref(stack, name))

    return re.sub(r"\$\{([^!}]+)\}", found, text).replace("${!", "${")


def _import_value(stack: Stack, name: str) -> str:
    """Return what the hub's stack exports: the name of its queue is made up, as everywhere here."""
    queue = {"changecast-hub-status-queue": "StatusQueue",
             "changecast-hub-status-dead-letters": "StatusDeadLetters"}[name]  # fmt: skip
    place = stack.place
    return f"arn:aws:sqs:{place.region}:{place.account}:hub-{place.account}-{queue}"


_NO_VALUE = object()
_FUNCTIONS: dict[str, Callable[[Stack, Any], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::ImportValue": _import_value,
    "Fn::If": lambda stack, a: stack.value(a[1] if stack.holds(a[0]) else a[2]),
    "Fn::Join": lambda stack, a: a[0].join(map(str, stack.value(a[1]))),
    "Fn::Select": lambda stack, a: stack.value(a[1])[int(a[0])],
    "Fn::Split": lambda stack, a: stack.value(a[1]).split(a[0]),
    "Fn::Equals": lambda stack, a: stack.value(a[0]) == stack.value(a[1]),
    "Fn::Not": lambda stack, a: not stack.value(a[0]),
    "Fn::And": lambda stack, a: all(stack.value(item) for item in a),
    "Fn::Or": lambda stack, a: any(stack.value(item) for item in a),
}
