"""Which endpoints (chats, webhooks) get a run, and what they get. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from changecast.contract.event import ChangeAnnounced
from changecast.customer.compose.notice import chat_for, notice_for
from changecast.customer.compose.occasion import Occasion
from changecast.customer.ledger.endpoints import Endpoint
from changecast.customer.ledger.schema import ChannelName, Recipient
from changecast.customer.mailing import Mailing
from changecast.customer.planning.decision import variant_for
from changecast.customer.planning.recipients import key_of

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

    Like people, they get what is on their topics, and a revision that reads the same only if they
    missed the one before. Tests, and everything outside `prod`, reach only endpoints that are
    marked for tests.
    """
    is_real = environment == "prod" and not announced.test
    for endpoint in endpoints:
        hears = endpoint.is_on and mailing.topic.value in endpoint.topics
        if not hears or not (is_real or endpoint.tests):
            continue
        if variant_for(mailing, told_before.get(endpoint.name), calendar=False) is not None:
            key = key_of(code, announced.change_id, announced.revision, endpoint.name)
            channel = endpoint.channel
            yield Recipient(key, endpoint.name, channel.value, channel=channel)


def endpoint_renderings(recipients: Iterable[Recipient], occasion: Occasion) -> dict[str, bytes]:
    """Return these endpoints' texts, composed once for each channel, by channel name."""
    channels = sorted({recipient.channel for recipient in recipients})
    return {channel.value: _COMPOSED[channel](occasion) for channel in channels}
