"""CloudFormation's SES resources: the contact list, which ministack lacks, and their failures.

On AWS, a stack that creates an existing resource fails; ministack would adopt it.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ses-contactlist.html
"""

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import ses_v2
from ministack.services.cloudformation import provisioners

from changecast_local.ses import contact_lists, identities, store
from changecast_local.ses.answers import Refusal

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def create_contact_list(logical_id: str, properties: Properties, stack: str) -> Made:
    """AWS::SES::ContactList: Ref is its name; it has no attributes."""
    name = properties.get("ContactListName") or provisioners._physical_name(
        stack, logical_id, max_len=64
    )
    _refusing(contact_lists.make, _here(), {**properties, "ContactListName": name})
    return name, {}


def update_contact_list(physical_id: str, _old: Properties, new: Properties, _stack: str) -> Made:
    """Topics and description change in place, the name cannot: one list per account."""
    if new.get("ContactListName", physical_id) != physical_id:
        raise ValueError("An account has one contact list, so it cannot be replaced.")
    _refusing(contact_lists.change, _here(), physical_id, new)
    return physical_id, {}


def delete_contact_list(physical_id: str, _properties: Properties) -> None:
    """Delete the list; one that is gone already is fine."""
    held = _here().contact_list
    if held is not None and held.name == physical_id:
        _here().contact_list = None


def create_identity(logical_id: str, properties: Properties, stack: str) -> Made:
    """AWS::SES::EmailIdentity; fails where the account has it already."""
    name = properties.get("EmailIdentity", "")
    if name in ses_v2._identities:
        raise ValueError(f"Email identity {name} already exists.")
    made: Made = provisioners._ses_email_identity_create(logical_id, properties, stack)
    requested = (properties.get("DkimAttributes") or {}).get("SigningEnabled", True)
    identities.publish(ses_v2._identities[name], signing=requested)
    return made


def create_configuration_set(logical_id: str, properties: Properties, stack: str) -> Made:
    """AWS::SES::ConfigurationSet; fails where the account has it already."""
    name = properties.get("Name")
    if name and name in ses_v2._config_sets:
        raise ValueError(f"Configuration set <{name}> already exists.")
    made: Made = provisioners._ses_configuration_set_create(logical_id, properties, stack)
    return made


def create_event_destination(logical_id: str, properties: Properties, stack: str) -> Made:
    """AWS::SES::ConfigurationSetEventDestination; fails if there is no such set."""
    name = properties.get("ConfigurationSetName", "")
    if name not in ses_v2._config_sets:
        raise ValueError(f"Configuration set <{name}> does not exist.")
    made: Made = provisioners._ses_configuration_set_event_destination_create(
        logical_id, properties, stack
    )
    return made


# By type: what to put into ministack's handler of that type ({} for a type it does not know).
HANDLERS: dict[str, dict[str, Callable[..., Any]]] = {
    "AWS::SES::ContactList": {
        "create": create_contact_list,
        "update": update_contact_list,
        "delete": delete_contact_list,
    },
    "AWS::SES::EmailIdentity": {"create": create_identity},
    "AWS::SES::ConfigurationSet": {"create": create_configuration_set},
    "AWS::SES::ConfigurationSetEventDestination": {"create": create_event_destination},
}


def install() -> None:
    """Register the types with ministack's CloudFormation."""
    for name, handlers in HANDLERS.items():
        known = provisioners._RESOURCE_HANDLERS.get(name, {})
        provisioners._RESOURCE_HANDLERS[name] = {**known, **handlers}


def _here() -> store.Account:
    return store.of(get_account_id(), get_region())


def _refusing(act: Callable[..., Any], *arguments: Any) -> None:
    """CloudFormation takes any exception's text as the reason of the failure."""
    try:
        act(*arguments)
    except Refusal as refusal:
        raise ValueError(refusal.message) from refusal
