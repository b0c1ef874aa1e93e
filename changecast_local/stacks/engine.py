"""Refuse what AWS refuses, before ministack creates, changes or deletes a stack's resource.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ministack.core.responses import get_account_id
from ministack.services import cloudformation
from ministack.services.cloudformation import helpers, provisioners, stacks

from changecast_local import faults
from changecast_local.stacks import deployer, names, references, reserved, secrets

Properties = dict[str, Any]
Parameters = dict[str, Any]
Handler = Callable[[Parameters], Any]
# The end of a generated name, which cannot be known in advance.
GENERATED = "1A2B3C4D5E6F"  # pragma: allowlist secret
LOG_GROUP = "AWS::Logs::LogGroup"
SAM = "AWS::Serverless-2016-10-31"
BEGINNING = ("CreateStack", "CreateChangeSet", "UpdateStack")


def install() -> None:
    """Wrap ministack's functions in ours."""
    reserved.install()
    _wrap_resources()
    dispatch = cloudformation._ACTION_HANDLERS
    for action in BEGINNING:
        dispatch[action] = _careful(action, dispatch[action])


def _wrap_resources() -> None:
    create, update, delete = (
        stacks._provision_resource,
        stacks._update_resource,
        stacks._delete_resource,
    )

    def provision(kind: str, logical_id: str, properties: Properties, stack: str) -> Any:
        check_create(kind, f"{stack}-{logical_id}-{GENERATED}", properties)
        if faults.create_fails(get_account_id(), stack):
            raise ValueError("Internal Failure")
        made = secrets.as_aws(
            kind, create(kind, logical_id, named(kind, logical_id, properties, stack), stack)
        )
        reserved.keep(kind, made[0], properties)
        return made

    def change(kind: str, physical_id: str, old: Properties, new: Properties, *more: Any) -> Any:
        physical_id = secrets.as_ministack(kind, physical_id)
        if old != new:
            check_update(kind, physical_id, old, new)
        if kind == LOG_GROUP:  # without its name, ministack would create another
            new = {"LogGroupName": physical_id, **new}
        made = secrets.as_aws(kind, update(kind, physical_id, old, new, *more))
        reserved.keep(kind, made[0], new)
        return made

    def remove(kind: str, physical_id: str, properties: Properties, *more: Any) -> Any:
        physical_id = secrets.as_ministack(kind, physical_id)
        deployer.check(kind, "delete", physical_id, properties)
        return delete(kind, physical_id, properties, *more)

    stacks._provision_resource, stacks._update_resource = provision, change
    stacks._delete_resource = remove


def named(kind: str, logical_id: str, properties: Properties, stack: str) -> Properties:
    """Return the properties with AWS's generated name, because ministack's form differs."""
    if kind != LOG_GROUP or properties.get("LogGroupName"):
        return properties
    return {**properties, "LogGroupName": provisioners._physical_name(stack, logical_id)}


def check_create(kind: str, name: str, properties: Properties) -> None:
    """Raise ValueError if AWS would not create the resource."""
    deployer.check(kind, "create", name.lower() if "::S3::" in kind else name, properties)
    names.check_free(kind, properties)
    references.check(kind, properties)
    _check_reserved(kind, name, properties)


def _check_reserved(kind: str, name: str, properties: Properties) -> None:
    if kind == reserved.FUNCTION:
        reserved.check(name, properties.get(reserved.PROPERTY))


def check_update(kind: str, physical_id: str, old: Properties, new: Properties) -> None:
    """Raise ValueError if AWS would not change the resource, or not replace it."""
    if provisioners._replacing_change(kind, old, new):
        deployer.check(kind, "create", physical_id, new)
        deployer.check(kind, "delete", physical_id, old)
    else:
        deployer.check(kind, "update", physical_id, old, new)
    references.check(kind, new)
    _check_reserved(kind, physical_id, new)


def _careful(action: str, handler: Handler) -> Handler:
    """Check the name, the template's address and its transform before the stack starts."""

    def handle(params: Parameters) -> Any:
        refusal = _refusal(action, params)
        return handler(params) if refusal is None else refusal

    return handle


def _refusal(action: str, params: Parameters) -> Any:
    name = helpers._p(params, "StackName")
    stack = cloudformation._stacks.get(name) if name else None
    if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":
        return _rolled_back(action, params, stack)
    try:
        _check_template(params)
    except deployer.Denied as denied:
        return helpers._error("AccessDenied", str(denied), 403)
    return None


def _rolled_back(action: str, params: Parameters, stack: dict[str, Any]) -> Any:
    """Keep the name taken until the stack is deleted; nothing in it can be updated."""
    creates = action == "CreateStack" or helpers._p(params, "ChangeSetType") == "CREATE"
    if creates:
        return helpers._error(
            "AlreadyExistsException", f"Stack [{stack['StackName']}] already exists"
        )
    return helpers._error(
        "ValidationError",
        f"Stack:{stack['StackId']} is in ROLLBACK_COMPLETE state and can not be updated.",
    )


def _check_template(params: Parameters) -> None:
    """Check that the caller may read the template and use its transform."""
    address = urlsplit(helpers._p(params, "TemplateURL") or "")
    if address.path:
        deployer.check_call("s3:GetObject", f"arn:aws:s3:::{address.path.lstrip('/')}")
    body, _ = helpers._resolve_template(params)
    if body and SAM in body:
        region = stacks.get_region()
        arn = f"arn:aws:cloudformation:{region}:aws:transform/{SAM.removeprefix('AWS::')}"
        deployer.check_call("cloudformation:CreateChangeSet", arn)
