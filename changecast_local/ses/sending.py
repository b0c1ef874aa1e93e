"""SendEmail: the order of SES's checks, and the handling of an accepted mail.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
"""

import time
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

from changecast_local.ses import configuration_sets, fates, quota, suppression, unsubscribing
from changecast_local.ses.answers import Refusal, bad_request
from changecast_local.ses.call import Call
from changecast_local.ses.checks import check_recipients, checked_tags
from changecast_local.ses.composing import composed
from changecast_local.ses.contact_lists import check_topic, named
from changecast_local.ses.contacts import subscription
from changecast_local.ses.events import events_about
from changecast_local.ses.identities import default_configuration_set, identity_for
from changecast_local.ses.outgoing import leaving
from changecast_local.ses.publishing import publish
from changecast_local.ses.store import Account, SentMail
from changecast_local.ses.submission import Submission, bare_address, new_message_id

_DESTINATIONS = ("ToAddresses", "CcAddresses", "BccAddresses")


def send_email(call: Call, fate: fates.Fate | None = None) -> dict[str, Any]:
    """SendEmail; `fate` overrides the mail's fate."""
    if not call.account.sending_enabled:
        raise Refusal("SendingPausedException", "Email sending is disabled for this account.")
    submission = _submission(call)
    recipients = [bare_address(recipient) for recipient in submission.recipients]
    counted = not all(fates.is_simulated(recipient) for recipient in recipients)
    quota.take(call.account, len(recipients), counted=counted, now=submission.at)
    chosen = fate or _fate(submission, recipients)
    if chosen.leaves:
        _send(submission)
    _tell(submission, [said for each in recipients for said in chosen.happenings(each)])
    return {"MessageId": submission.message_id}


def recipients_of(request: dict[str, Any]) -> list[str]:
    """Return every destination of a request."""
    destination = request.get("Destination") or {}
    return [address for kind in _DESTINATIONS for address in destination.get(kind) or []]


def _submission(call: Call) -> Submission:
    request, account, now = call.body, call.account, time.time()
    message = composed(request)
    source = request.get("FromEmailAddress") or str(message["From"] or "")
    if not source or message["From"] is None:
        raise bad_request("Missing required header 'From'.")
    recipients = recipients_of(request) or _addressed(message)
    options = request.get("ListManagementOptions")
    check_recipients(recipients, options)
    identity = identity_for(account, source)
    identity_for(account, str(message["From"]))
    if quota.in_sandbox(account):
        _check_verified(account, recipients)
    name = request.get("ConfigurationSetName") or default_configuration_set(account, identity)
    if name:
        configuration_sets.checked(account, name)
    if options:
        _check_list(account, options)
    return Submission(
        account=account,
        message_id=new_message_id(now),
        at=now,
        source=source,
        identity=identity,
        recipients=recipients,
        message=message,
        tags=checked_tags(request.get("EmailTags") or []),
        configuration_set=name,
        list_options=options,
        base_url=call.base_url,
        caller=call.caller,
        source_ip=call.source_ip,
    )


def _addressed(message: EmailMessage) -> list[str]:
    headers = [str(value) for name in ("To", "Cc", "Bcc") for value in message.get_all(name, [])]
    return [address for _, address in getaddresses(headers) if address]


def _check_verified(account: Account, recipients: list[str]) -> None:
    """Refuse sandbox mails except to verified identities and the mailbox simulator."""
    for recipient in map(bare_address, recipients):
        if not fates.is_simulated(recipient):
            identity_for(account, recipient)


def _check_list(account: Account, options: dict[str, str]) -> None:
    found = named(account, options.get("ContactListName", ""))
    if options.get("TopicName"):
        check_topic(found, options["TopicName"])


def _fate(submission: Submission, recipients: list[str]) -> fates.Fate:
    account = submission.account
    if _carries_virus(submission.message):
        return fates.VIRUS
    if any(_opted_out(submission, recipient) for recipient in recipients):
        return fates.UNSUBSCRIBED
    reasons = configuration_sets.suppressed_reasons(account, submission.configuration_set)
    if any(suppression.reason(account, recipient) in reasons for recipient in recipients):
        return fates.SUPPRESSED
    return fates.simulated(recipients[0]) or fates.DELIVERED


def _carries_virus(message: EmailMessage) -> bool:
    bodies = (part.get_payload(decode=True) for part in message.walk())
    return any(isinstance(body, bytes) and fates.EICAR in body for body in bodies)


def _opted_out(submission: Submission, recipient: str) -> bool:
    options, held = submission.list_options, submission.account.contact_list
    contact = held.contacts.get(recipient) if held and options else None
    if held is None or options is None or contact is None:
        return False
    if not options.get("TopicName"):
        return contact.unsubscribed_from_all
    return subscription(held, contact, options["TopicName"]) == "OPT_OUT"


def _send(submission: Submission) -> None:
    url = unsubscribing.link(submission) if submission.list_options else None
    submission.account.mails.append(
        SentMail(
            message_id=submission.message_id,
            at=submission.at,
            recipients=submission.recipients,
            raw=leaving(submission, url),
            tags=submission.tags,
            configuration_set=submission.configuration_set,
            list_options=submission.list_options,
        )
    )


def _tell(submission: Submission, happenings: list[fates.Happening]) -> None:
    account = submission.account
    types = configuration_sets.event_types(account, submission.configuration_set)
    for kind, about in happenings:
        for event in events_about(submission, kind, about, types, time.time()):
            publish(event)
