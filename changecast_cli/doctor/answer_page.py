"""Doctor checks of the page on which people answer; none where it is not deployed.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning
from changecast_cli.terminal import counted

TIMEOUT = 10.0
# No page of ours takes this method, so the request is refused before anything is read or counted.
METHOD, REFUSED = "PUT", 405
# As template.yaml has them.
RATE, BURST = 25.0, 50
EXPIRES_SOON_DAYS, OLD_KEY_DAYS = 21, 400
STAGE = "$default"


@dataclass(frozen=True)
class Answered:
    """What the page's address answered, and until when its certificate is valid."""

    status: int
    policy: str
    expires: datetime | None = None


def ask(url: str) -> Answered:
    """Ask the page; names below .localhost are this machine, as in browsers (RFC 6761 §6.3).

    Raises:
        OSError: Nothing answers there; ssl.SSLError: its certificate is not valid for this name.
    """
    where = urlsplit(url)
    name = where.hostname or ""
    host = "127.0.0.1" if name.endswith(".localhost") else name
    kind: type[http.client.HTTPConnection] = http.client.HTTPConnection
    if where.scheme == "https":
        kind = http.client.HTTPSConnection
    connection = kind(host, where.port, timeout=TIMEOUT)
    try:
        connection.connect()
        expires = _expiry(connection.sock)
        connection.request(METHOD, "/c/doctor", headers={"Host": where.netloc})
        answer = connection.getresponse()
        policy = answer.getheader("content-security-policy") or ""
    except http.client.HTTPException as error:
        raise OSError(f"it does not speak HTTP ({type(error).__name__})") from error
    finally:
        connection.close()
    return Answered(answer.status, policy, expires)


def _expiry(sock: socket.socket) -> datetime | None:
    if not isinstance(sock, ssl.SSLSocket):
        return None
    ends = str((sock.getpeercert() or {})["notAfter"])
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC)


def page(checked: CheckedAccount, look: Callable[[str], Answered] = ask) -> Iterator[Verdict]:
    """Check that people reach the page, and that its certificate is valid for weeks to come."""
    url = checked.outputs.get("ResponsesUrl")
    if url is None:
        return
    try:
        found = look(url)
    except ssl.SSLError as error:
        said = f"browsers do not accept the certificate of {url}: {error}"
        yield broken("answer-page", said, _certificate(checked))
    except OSError as error:
        yield broken("answer-page", f"{url} cannot be reached: {error}", _way(checked))
    else:
        yield _answered(checked, url, found)
        if found.expires is not None:
            yield _valid(checked, found.expires)


def _answered(checked: CheckedAccount, url: str, found: Answered) -> Verdict:
    if found.status == REFUSED and found.policy:
        return ok("answer-page", f"{url} answers")
    if found.status == http.client.TOO_MANY_REQUESTS:
        said = f"{url} is refusing requests at the moment, because there are too many"
        return warning("answer-page", said, "read docs/runbook/respond-flood.md")
    if found.status >= 500:
        said = f"{url} fails with HTTP {found.status}"
        return broken("answer-page", said, "read docs/runbook/respond-fails.md")
    said = f"something else answers at {url} (HTTP {found.status})"
    return broken("answer-page", said, _way(checked))


def _way(checked: CheckedAccount) -> str:
    """Return how the page's address is made to lead to it."""
    target = checked.outputs.get("ResponsesTarget")
    if target is None:
        return repair_of(checked.code)
    return f"publish a CNAME from {checked.parameters['ResponseDomain']} to {target}"


def _certificate(checked: CheckedAccount) -> str:
    domain = checked.parameters.get("ResponseDomain") or "the domain"
    return (
        f"issue a certificate for {domain} in ACM, set ResponseCertificateArn in samconfig.toml, "
        f"then changecast customers set {checked.code} --deploy"
    )


def _valid(checked: CheckedAccount, expires: datetime) -> Verdict:
    days = (expires - checked.now).days
    if days < EXPIRES_SOON_DAYS:
        when = (
            f"expires in {counted(days, 'day')}"
            if days >= 0
            else f"expired {counted(-days, 'day')} ago"
        )
        said = f"the certificate {when}, and ACM has not renewed it"
        return warning("answer-certificate", said, _certificate(checked))
    return ok("answer-certificate", f"valid for {counted(days, 'day')}")


def throttles(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the stage takes as many requests as the template says, and no more."""
    api = checked.name("ResponsesApi")
    if api is None:
        return
    stage = checked.session.client("apigatewayv2").get_stage(ApiId=api, StageName=STAGE)
    limits = stage.get("DefaultRouteSettings", {})
    rate, burst = limits.get("ThrottlingRateLimit"), limits.get("ThrottlingBurstLimit")
    if (rate, burst) == (RATE, BURST):
        yield ok("answer-throttles", f"{rate:.0f} requests a second, bursts of up to {burst}")
    elif rate == 0 or burst == 0:
        said = "the page does not accept requests: somebody set its limits to 0"
        yield broken("answer-throttles", said, repair_of(checked.code))
    else:
        has = (
            "no limits"
            if rate is None
            else f"limits of {rate:g} a second and bursts of up to {burst}"
        )
        said = f"the page has {has}; the template has {RATE:.0f} and {BURST}"
        yield warning("answer-throttles", said, repair_of(checked.code))


def keyring(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the key that signs personal links is changed about once a year."""
    secret = checked.name("ResponseKeyring")
    if secret is None:
        return
    found = checked.session.client("secretsmanager").describe_secret(SecretId=secret)
    days = (checked.now - found.get("LastChangedDate", found["CreatedDate"])).days
    if days > OLD_KEY_DAYS:
        said = f"the key that signs personal links is {days} days old"
        fix = f"changecast contacts rotate-links --customer {checked.code}"
        yield warning("answer-keys", said, fix)
    else:
        yield ok(
            "answer-keys",
            f"the key that signs personal links is {counted(max(0, days), 'day')} old",
        )
