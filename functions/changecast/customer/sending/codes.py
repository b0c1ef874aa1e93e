"""Mail confirmation codes, outside of any run, to the person who asked.

A code is mailed until SES accepts it or it no longer works. A call that ends without an answer is
repeated: a second mail with the same code does no harm.
"""

import logging
from typing import TYPE_CHECKING, NamedTuple

from changecast.contract.errors import PauseRun, RecipientRefused, Retry, Unanswered
from changecast.customer.channels.email import Mail, Mailer, send
from changecast.customer.hints import CodeHint
from changecast.customer.ledger.codes import Code, is_over, note_unmailed, read_code
from changecast.customer.ledger.schema import Recipient, Run
from changecast.customer.ledger.table import Ledger, read_recipient, read_run
from changecast.customer.mailing import topic_of
from changecast.customer.planning.recipients import normalise
from changecast.customer.renderings import mails_bucket
from changecast.customer.renderings.splice import load, splice
from changecast.customer.responding.confirmation import code_of
from changecast.customer.responding.keyring import Keyring

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger("changecast")

# Seconds until a code that could not be mailed is tried again.
AGAIN = 20


class _AskedCode(NamedTuple):
    """A code that a person waits for, and their address."""

    run: Run
    recipient: Recipient
    person: str
    code: Code
    text: str


def mail_code(
    ledger: Ledger, s3: "S3Client", bucket: str, mailer: Mailer, hint: CodeHint, now: float
) -> bool:
    """Mail a recipient the code that they asked for.

    The mail counts towards no run, and its tags lead nowhere.

    Returns:
        Whether to try again soon. A code that can never be mailed is logged, and noted for the page
        on which the person waits.
    """
    if mailer.links is None:
        return _give_up(hint, "people can no longer answer here")
    asked = _asked_code(ledger, mailer.links.keyrings.get(), hint)
    body = mails_bucket.get(s3, bucket, mails_bucket.code_key(hint.run))
    if asked is None or body is None:
        return _give_up(hint, "its recipient or its mail is no longer kept")
    if asked.code.number != hint.number or asked.code.confirmed:
        return False  # another code was asked for, or this one was entered
    if is_over(asked.code, now):
        return _unmailed(ledger, asked, hint, "it no longer works")
    return _mail(ledger, mailer, asked, hint, body)


def _mail(ledger: Ledger, mailer: Mailer, asked: _AskedCode, hint: CodeHint, body: bytes) -> bool:
    raw = splice(load(body), asked.recipient.address, code=asked.text)
    topic = topic_of(asked.run, asked.recipient.variant)
    try:
        send(mailer, Mail(asked.recipient.address, raw, topic, {"ses:feedback-id-a": "code"}))
    except RecipientRefused as error:
        return _unmailed(ledger, asked, hint, str(error))
    except (Retry, PauseRun, Unanswered) as error:
        log.info("code waits", extra={"recipient": hint.recipient, "why": str(error)[:200]})
        return True
    return False


def _asked_code(ledger: Ledger, keyring: Keyring, hint: CodeHint) -> _AskedCode | None:
    """Return the code that a hint names; None if its run or its recipient is gone."""
    run = read_run(ledger, hint.run)
    recipient = read_recipient(ledger, hint.run, hint.batch, hint.recipient)
    if run is None or recipient is None or not recipient.address:
        return None
    person = keyring.person(normalise(recipient.address))
    code = read_code(ledger, person, run.change_id)
    return _AskedCode(
        run, recipient, person, code, code_of(keyring, person, run.change_id, hint.number)
    )


def _unmailed(ledger: Ledger, asked: _AskedCode, hint: CodeHint, why: str) -> bool:
    """Note for the page that the code could not be mailed; do not try again."""
    note_unmailed(ledger, asked.person, asked.run.change_id, hint.number)
    return _give_up(hint, why)


def _give_up(hint: CodeHint, why: str) -> bool:
    log.warning("no code", extra={"recipient": hint.recipient, "why": why[:200]})
    return False
