"""The doctor on SES of a customer's account: may it mail, for whom, and does it say what happened?

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from changecast_cli.contacts.topics_known import TOPICS, differences
from changecast_cli.doctor.patient import Patient, values
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning
from changecast_cli.paging import pages

EVENTS = frozenset({"send", "delivery", "bounce", "complaint", "reject"})
NAME = "changecast"


def identity(patient: Patient) -> Iterator[Verdict]:
    """The sender's identity is there, verified, and signs."""
    name = patient.parameters["SenderIdentity"]
    found = identity_of(patient)
    if found is None:
        yield broken("identity", f"SES has no identity {name}", _deploy(patient))
        return
    if not found.get("VerifiedForSendingStatus"):
        yield broken(
            "identity",
            f"{name} is not verified, SES refuses every mail",
            f"publish its DNS records: changecast doctor --customer {patient.code} --records",
        )
        return
    yield ok("identity", f"{name} is verified")
    yield from _sender(patient, name)


def identity_of(patient: Patient) -> dict[str, Any] | None:
    """What SES says of the sender's identity; None where there is none."""
    name = patient.parameters["SenderIdentity"]
    try:
        return dict(patient.session.client("sesv2").get_email_identity(EmailIdentity=name))
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None


def _sender(patient: Patient, identity_name: str) -> Iterator[Verdict]:
    sender = patient.parameters["Sender"]
    domain = sender.rpartition("@")[2].lower()
    own = identity_name.lower()
    if own not in (sender.lower(), domain) and not domain.endswith(f".{own}"):
        yield broken("sender", f"{sender} does not belong to {identity_name}", _deploy(patient))


def dkim(patient: Patient) -> Iterator[Verdict]:
    """Easy DKIM signs; without it DMARC fails and SES puts no unsubscribe header."""
    found = identity_of(patient)
    if found is None:
        return
    name, status = patient.parameters["SenderIdentity"], values(found, "DkimAttributes", "Status")
    if values(found, "DkimAttributes", "SigningEnabled") and status == "SUCCESS":
        yield ok("dkim", "SES signs")
    elif status == "SUCCESS":
        turn_on = f"aws sesv2 put-email-identity-dkim-attributes --email-identity {name}"
        yield broken("dkim", "signing is turned off", f"{turn_on} --signing-enabled")
    else:
        yield broken(
            "dkim",
            f"DKIM of {name} is {status or 'not set up'}",
            f"publish its DNS records: changecast doctor --customer {patient.code} --records",
        )


def mail_from(patient: Patient) -> Iterator[Verdict]:
    """A MAIL FROM of its own is fine, none is too while DKIM signs; a failed one is not."""
    found = identity_of(patient)
    if found is None:
        return
    domain = values(found, "MailFromAttributes", "MailFromDomain")
    status = values(found, "MailFromAttributes", "MailFromDomainStatus")
    refuses = values(found, "MailFromAttributes", "BehaviorOnMxFailure") == "REJECT_MESSAGE"
    if not domain:
        yield ok("mail-from", "SES's own; DMARC rests on DKIM alone")
    elif status == "SUCCESS":
        yield ok("mail-from", domain)
    else:
        records = f"publish its MX: changecast doctor --customer {patient.code} --records"
        say = broken if refuses else warning
        what = "SES refuses mails" if refuses else "SES uses its own instead"
        yield say("mail-from", f"{domain} is {status}: {what}", records)


def account(patient: Patient) -> Iterator[Verdict]:
    """Out of the sandbox, sending, healthy, and quota for the largest run."""
    found = patient.session.client("sesv2").get_account()
    yield _sandbox(found.get("ProductionAccessEnabled", False))
    yield _sending(found.get("SendingEnabled", False), found.get("EnforcementStatus", "HEALTHY"))
    quota = found["SendQuota"]
    most, rate = quota["Max24HourSend"], quota["MaxSendRate"]
    told = f"{most:,.0f} mails a day, {rate:g} a second"
    raise_it = "aws service-quotas request-service-quota-increase --service-code ses (L-804C8AE8)"
    if most != -1 and patient.largest_run > most:
        run = f"the largest run has {patient.largest_run:,} mails, SES takes {told}"
        yield broken("quota", run, raise_it)
    elif most != -1 and patient.largest_run * 2 > most:
        yield warning("quota", f"one large run is half of {told}", raise_it)
    else:
        yield ok("quota", told)


def _sandbox(out_of_it: bool) -> Verdict:
    if out_of_it:
        return ok("sandbox", "production access")
    return broken(
        "sandbox",
        "SES mails only verified addresses and its simulator",
        "aws sesv2 put-account-details --production-access-enabled --mail-type TRANSACTIONAL "
        "--website-url https://...",
    )


def _sending(enabled: bool, enforcement: str) -> Verdict:
    if enforcement == "SHUTDOWN":
        return broken("sending", "AWS suspended sending", "open a case with AWS Support (SES)")
    if not enabled:
        return broken(
            "sending", "is paused", "aws sesv2 put-account-sending-attributes --sending-enabled"
        )
    if enforcement != "HEALTHY":
        return warning("sending", f"AWS reviews the account ({enforcement})", "lower its bounces")
    return ok("sending", "enabled")


def configuration_set(patient: Patient) -> Iterator[Verdict]:
    """The configuration set is there and sends, and its events reach the default bus."""
    name = patient.given_or("ConfigurationSet", NAME)
    ses = patient.session.client("sesv2")
    try:
        found = ses.get_configuration_set(ConfigurationSetName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        yield broken("configuration-set", f"SES has no {name}", _deploy(patient))
        return
    if values(dict(found), "SendingOptions", "SendingEnabled") is False:
        turn_on = f"--configuration-set-name {name} --sending-enabled"
        yield broken(
            "configuration-set",
            f"{name} does not send",
            f"aws sesv2 put-configuration-set-sending-options {turn_on}",
        )
        return
    yield ok("configuration-set", name)
    answer = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
    yield _destinations(list(answer.get("EventDestinations", ())), patient)


def _destinations(found: list[Any], patient: Patient) -> Verdict:
    """Without them nobody hears of bounces, and unanswered mails are sent again or held."""
    told: set[str] = set()
    for each in found:
        if each.get("Enabled") and each.get("EventBridgeDestination"):
            told |= {kind.lower().replace("_", "") for kind in each["MatchingEventTypes"]}
    missing = sorted(EVENTS - told)
    if missing:
        return broken("event-destination", f"no events: {', '.join(missing)}", _deploy(patient))
    return ok("event-destination", "events reach the default bus")


def contact_list(patient: Patient) -> Iterator[Verdict]:
    """The contact list is there, with our topics and their defaults."""
    name = patient.given_or("ContactList", NAME)
    try:
        found = patient.session.client("sesv2").get_contact_list(ContactListName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        yield broken("contact-list", f"SES has no contact list {name}", _deploy(patient))
        return
    yield ok("contact-list", name)
    topics = [dict(topic) for topic in found.get("Topics", ())]
    missing, foreign, differing = differences(topics, [dict(topic) for topic in TOPICS])
    mend = f"changecast contacts topics --customer {patient.code} --reconcile"
    if missing:
        yield broken("topics", f"missing: {', '.join(missing)}", mend)
    elif differing:
        yield warning("topics", f"another default: {', '.join(differing)}", mend)
    else:
        more = f", and its own: {', '.join(foreign)}" if foreign else ""
        yield ok("topics", ", ".join(str(topic["TopicName"]) for topic in TOPICS) + more)


def suppression(patient: Patient) -> Iterator[Verdict]:
    """Suppressed people are told nothing, and nobody notices."""
    listed = patient.session.client("sesv2").list_suppressed_destinations
    size = sum(1 for _ in pages(listed, "SuppressedDestinationSummaries"))
    if size > max(10, patient.largest_run // 20):
        show = f"changecast contacts suppression list --customer {patient.code}"
        yield warning("suppression", f"{size:,} addresses get no mail", show)
    else:
        yield ok("suppression", f"{size} addresses")


def _deploy(patient: Patient) -> str:
    return f"sam build --config-env {patient.code} && sam deploy --config-env {patient.code}"
