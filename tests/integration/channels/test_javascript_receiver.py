"""A notice, as the JavaScript library of Standard Webhooks verifies it: it needs a Node process."""

from changecast.customer.channels.webhook import send
from testbed.doubles.receivers import SECRET, Receivers
from tests.support.programs import node
from tests.unit.channels.test_webhook import BODY, NEW, webhook


def test_a_receiver_with_the_javascript_library_verifies_a_notice() -> None:
    receivers = Receivers()
    send(webhook(receivers), "msg_1", BODY)
    given = {"secret": SECRET, "body": BODY.decode(), "headers": dict(receivers.posted[0].headers)}
    assert node("verify.mjs", given) is True
    forged = given | {"body": BODY.decode().replace("✓", "x")}
    assert node("verify.mjs", forged) == "No matching signature found"
    assert node("verify.mjs", given | {"secret": NEW}) == "No matching signature found"
