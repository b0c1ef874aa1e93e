"""Doctor checks of a customer's SES: may it mail, for whom, and do its events arrive?

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from changecast_cli.contacts.topics_known import differences, topics_for
from changecast_cli.doctor.checked_account import CheckedAccount, values
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning
from changecast_cli.paging import pages
from changecast_cli.terminal import counted

EVENTS = frozenset({"send", "delivery", "bounce", "complaint", "reject"})
NAME = "changecast"
# Share of the daily quota above which the doctor warns, as the stack's alarm does.
NEARLY_USED = 0.8


def identity(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the sender's identity exists, is verified, and signs."""
    name = checked.parameters["SenderIdentity"]
    found = checked.identity
    if found is None:
        yield broken("identity", f"SES has no identity {name}", _again(checked, "SenderIdentity"))
        return
    if not found.get("VerifiedForSendingStatus"):
        yield broken(
            "identity",
            f"{name} is not verified, so SES refuses every mail",
            _publish(checked, is_over=found.get("VerificationStatus") == "FAILED"),
        )
        return
    yield ok("identity", f"{name} is verified")
    yield from _sender(checked, name)


def _publish(checked: CheckedAccount, *, is_over: bool) -> str:
    """Return how to be verified. After 72 hours SES stops looking; a person must start it again.

    https://docs.aws.amazon.com/ses/latest/APIReference/API_VerifyDomainIdentity.html
    """
    records = f"publish its DNS records: changecast doctor --customer {checked.code} --records"
    again = ", then start the verification again in SES, which stopped looking after 72 hours"
    return records + (again if is_over else "")


def _sender(checked: CheckedAccount, identity_name: str) -> Iterator[Verdict]:
    sender = checked.parameters["Sender"]
    domain = sender.rpartition("@")[2].lower()
    own = identity_name.lower()
    if own not in (sender.lower(), domain) and not domain.endswith(f".{own}"):
        yield broken("sender", f"{sender} does not belong to {identity_name}", _deploy(checked))


def dkim(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that Easy DKIM signs; without it DMARC fails and SES adds no unsubscribe header."""
    found = checked.identity
    if found is None:
        return
    name, status = checked.parameters["SenderIdentity"], values(found, "DkimAttributes", "Status")
    if values(found, "DkimAttributes", "SigningEnabled") and status == "SUCCESS":
        yield ok("dkim", "SES signs")
    elif status == "SUCCESS":
        turn_on = f"aws sesv2 put-email-identity-dkim-attributes --email-identity {name}"
        ours = checked.name("CreatedIdentity")
        fix = repair_of(checked.code) if ours else f"{turn_on} --signing-enabled"
        yield broken("dkim", "signing is turned off", fix)
    else:
        yield broken(
            "dkim",
            f"DKIM of {name} is {status or 'not set up'}",
            _publish(checked, is_over=status == "FAILED"),
        )


def mail_from(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check the MAIL FROM domain: a working one or none is fine while DKIM signs."""
    found = checked.identity
    if found is None:
        return
    domain = values(found, "MailFromAttributes", "MailFromDomain")
    status = values(found, "MailFromAttributes", "MailFromDomainStatus")
    refuses = values(found, "MailFromAttributes", "BehaviorOnMxFailure") == "REJECT_MESSAGE"
    if not domain:
        yield ok("mail-from", "SES's own domain, so DMARC depends on DKIM alone")
    elif status == "SUCCESS":
        yield ok("mail-from", domain)
    else:
        records = f"publish its MX: changecast doctor --customer {checked.code} --records"
        say = broken if refuses else warning
        what = "SES refuses mails" if refuses else "SES uses its own domain instead"
        yield say("mail-from", f"{domain} has the status {status}: {what}", records)


def account(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check the account: production access, sending, health, and quota for the largest run."""
    found = checked.session.client("sesv2").get_account()
    review = values(dict(found), "Details", "ReviewDetails", "Status")
    yield _sandbox(found.get("ProductionAccessEnabled", False), review or "")
    yield _sending(found.get("SendingEnabled", False), found.get("EnforcementStatus", "HEALTHY"))
    yield _quota(checked, found["SendQuota"])


def _quota(checked: CheckedAccount, quota: Mapping[str, Any]) -> Verdict:
    most, sent = quota["Max24HourSend"], quota.get("SentLast24Hours", 0.0)
    told = f"{most:,.0f} mails a day, {quota['MaxSendRate']:g} a second"
    if most == -1:
        return ok("quota", f"no daily limit, {quota['MaxSendRate']:g} a second")
    raise_it = (
        "aws service-quotas request-service-quota-increase --service-code ses "
        f"--quota-code L-804C8AE8 --desired-value {max(50_000, 2 * most):.0f}"
    )
    if checked.largest_run > most:
        run = f"the largest run has {checked.largest_run:,} mails, but SES accepts {told}"
        return broken("quota", run, raise_it)
    if sent >= most * NEARLY_USED:
        used = (
            f"{sent:,.0f} of the {most:,.0f} mails allowed in 24 hours are used, so "
            "further runs may wait"
        )
        return warning("quota", used, raise_it)
    if checked.largest_run * 2 > most:
        return warning(
            "quota", f"one large run uses more than half of the quota ({told})", raise_it
        )
    return ok("quota", told)


def _sandbox(out_of_it: bool, review: str) -> Verdict:
    if out_of_it:
        return ok("sandbox", "production access")
    if review == "PENDING":
        return broken(
            "sandbox",
            "SES mails only verified addresses and its simulator; AWS is reviewing the request for "
            "production access",
            "wait for AWS's answer, about a day",
        )
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
        return warning(
            "sending",
            f"AWS is reviewing the account ({enforcement})",
            "reduce its bounces and complaints",
        )
    return ok("sending", "enabled")


def configuration_set(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the configuration set exists and sends, and its events reach the default bus."""
    name = checked.given_or("ConfigurationSet", NAME)
    ses = checked.session.client("sesv2")
    try:
        found = ses.get_configuration_set(ConfigurationSetName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        yield broken(
            "configuration-set",
            f"SES has no configuration set {name}",
            _again(checked, "ConfigurationSet"),
        )
        return
    if values(dict(found), "SendingOptions", "SendingEnabled") is False:
        turn_on = "aws sesv2 put-configuration-set-sending-options --sending-enabled"
        ours = checked.name("CreatedConfigurationSet")
        fix = repair_of(checked.code) if ours else f"{turn_on} --configuration-set-name {name}"
        yield broken("configuration-set", f"sending is turned off for {name}", fix)
        return
    yield ok("configuration-set", name)
    answer = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
    yield _destinations(list(answer.get("EventDestinations", ())), checked)


def _destinations(found: list[Any], checked: CheckedAccount) -> Verdict:
    """Check the event destinations; without them, no outcomes are recorded."""
    told: set[str] = set()
    for each in found:
        if each.get("Enabled") and each.get("EventBridgeDestination"):
            told |= {kind.lower().replace("_", "") for kind in each["MatchingEventTypes"]}
    missing = sorted(EVENTS - told)
    if missing:
        repair = repair_of(checked.code)
        return broken("event-destination", f"no events: {', '.join(missing)}", repair)
    return ok("event-destination", "events reach the default bus")


def contact_list(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the contact list exists, with our topics and their defaults."""
    name = checked.given_or("ContactList", NAME)
    try:
        found = checked.session.client("sesv2").get_contact_list(ContactListName=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        yield broken(
            "contact-list", f"SES has no contact list {name}", _again(checked, "ContactList")
        )
        return
    yield ok("contact-list", name)
    topics = [dict(topic) for topic in found.get("Topics", ())]
    has_digest = checked.given_or("Digest", "no") == "yes"
    requested = [dict(topic) for topic in topics_for(digest=has_digest)]
    missing, foreign, differing = differences(topics, requested)
    fix = f"changecast contacts topics --customer {checked.code} --reconcile"
    fix += " --digest" if has_digest else ""
    if missing:
        yield broken("topics", f"missing: {', '.join(missing)}", fix)
    elif differing:
        yield warning("topics", f"different default: {', '.join(differing)}", fix)
    else:
        more = f", and its own: {', '.join(foreign)}" if foreign else ""
        yield ok("topics", ", ".join(str(topic["TopicName"]) for topic in requested) + more)


def suppression(checked: CheckedAccount) -> Iterator[Verdict]:
    """Count suppressed people, who get no mails without anybody noticing."""
    listed = checked.session.client("sesv2").list_suppressed_destinations
    size = sum(1 for _ in pages(listed, "SuppressedDestinationSummaries"))
    if size > max(10, checked.largest_run // 20):
        show = f"changecast contacts suppression list --customer {checked.code}"
        yield warning("suppression", f"{size:,} suppressed addresses get no mail", show)
    else:
        yield ok("suppression", counted(size, "suppressed address", "suppressed addresses"))


# The parameter that names what the account had before -> what the stack creates without it.
_CREATED = {
    "SenderIdentity": "CreatedIdentity",
    "ConfigurationSet": "CreatedConfigurationSet",
    "ContactList": "CreatedContactList",
}


def _again(checked: CheckedAccount, parameter: str) -> str:
    """Return how to create what is missing again: with the stack, if it created it."""
    if checked.name(_CREATED[parameter]):
        return repair_of(checked.code)
    return (
        f"create it in SES again, or correct {parameter} in samconfig.toml and run "
        f"{_deploy(checked)}"
    )


def _deploy(checked: CheckedAccount) -> str:
    return f"sam build --config-env {checked.code} && sam deploy --config-env {checked.code}"
