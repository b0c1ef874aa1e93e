"""Install our SES into ministack, and reset its state."""

from collections.abc import Mapping, Sequence

from ministack.services import ses_v2

from changecast_local import faults
from changecast_local.ses import (
    api,
    dropping,
    permissions,
    publishing,
    resources,
    store,
    unsubscribing,
)

PRIVATE_NAMES: Mapping[str, Sequence[str]] = {
    "hypercorn.protocol.http_stream": ("HTTPStream",),
    "ministack.app": ("AUTH", "_enforce_data_plane", "_enforce_ses_v2"),
    "ministack.core.iam_evaluator": ("request_caller_arn",),
    "ministack.core.responses": ("get_account_id", "get_region", "get_request_client_ip"),
    "ministack.core.router": ("extract_region",),
    "ministack.services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_physical_name",
        "_ses_configuration_set_create",
        "_ses_configuration_set_event_destination_create",
        "_ses_email_identity_create",
    ),
    "ministack.services.s3": ("_get_object_data",),
    "ministack.services.ses_v2": ("_config_sets", "_identities", "handle_request", "reset"),
}


def install(put_event: publishing.PutEvent | None = None) -> None:
    """Serve SES v2 with our implementation; once per process.

    `put_event` puts an event of a service on an account's default bus; by default
    `changecast_local.buses.put_service_event`.
    """
    if put_event is None:
        from changecast_local import buses  # noqa: PLC0415 - tests of SES alone bring their own

        put_event = buses.put_service_event
    publishing.deliver_by(put_event)
    ses_v2.handle_request = api.serving(ses_v2.handle_request)
    permissions.install()
    resources.install()
    dropping.install()
    theirs = ses_v2.reset

    def both() -> None:
        theirs()
        reset()

    ses_v2.reset = both


def reset() -> None:
    """Forget lists, contacts, mails, links, events that wait, and all faults."""
    publishing.clear()
    store.clear()
    unsubscribing.clear()
    faults.clear()
