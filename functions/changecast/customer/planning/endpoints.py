"""Which endpoints (chats, webhooks) get a run, and what they get. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from changecast.contract.change_announced import ChangeAnnounced
from changecast.customer.compose.notice import chat_for, notice_for
from changecast.customer.compose.occasion import Occasion
from changecast.customer.ledger.endpoints import Endpoint
from changecast.customer.ledger.schema import ChannelName, Recipient, Run, reminder_key
from changecast.customer.mailing import Mailing, Topic
from changecast.customer.planning.decision import variant_for
from changecast.customer.planning.recipients import key_of

# Ends the variant of an endpoint that a reminder tells of the whole change.
WHOLE = "-whole"
_COMPOSED: Mapping[ChannelName, Callable[[Occasion], bytes]] = {
    ChannelName.CHAT: chat_for,
    ChannelName.WEBHOOK: notice_for,
}


def endpoint_recipients(
    endpoints: Iterable[Endpoint],
    announced: ChangeAnnounced,
    code: str,
    mailing: Mailing,
    told_before: Mapping[str, int],
    environment: str,
) -> Iterator[Recipient]:
    """Yield the endpoints that get a run, as recipients.

    Like people, they get what is on their topics; they get a revision that reads the same only if
    they missed the one before. Tests, and everything outside `prod`, reach only endpoints that are
    marked for tests.
    """
    is_real = environment == "prod" and not announced.test
    for endpoint in _hearing(endpoints, mailing.topic, is_real=is_real):
        if variant_for(mailing, told_before.get(endpoint.name), calendar=False) is not None:
            key = key_of(code, announced.change_id, announced.revision, endpoint.name)
            channel = endpoint.channel
            yield Recipient(key, endpoint.name, channel.value, channel=channel)


def reminded_endpoints(
    endpoints: Iterable[Endpoint],
    run: Run,
    code: str,
    up_to_date: Callable[[str], bool],
    environment: str,
) -> Iterator[Recipient]:
    """Yield the endpoints that a reminder reaches: those that get announcements.

    One that is not up to date gets the whole change, like people.
    """
    hearing = _hearing(endpoints, Topic.ANNOUNCEMENTS, is_real=environment == "prod")
    for endpoint in hearing:
        channel = endpoint.channel
        variant = channel.value if up_to_date(endpoint.name) else f"{channel.value}{WHOLE}"
        key = reminder_key(code, run.run, endpoint.name)
        yield Recipient(key, endpoint.name, variant, channel=channel)


def _hearing(endpoints: Iterable[Endpoint], topic: Topic, *, is_real: bool) -> Iterator[Endpoint]:
    for endpoint in endpoints:
        hears = endpoint.is_on and topic.value in endpoint.topics
        if hears and (is_real or endpoint.tests):
            yield endpoint


def endpoint_renderings(recipients: Iterable[Recipient], occasion: Occasion) -> dict[str, bytes]:
    """Return these endpoints' texts, composed once for each variant, by its name."""
    variants = sorted({(recipient.variant, recipient.channel) for recipient in recipients})
    return {variant: _COMPOSED[channel](occasion) for variant, channel in variants}
