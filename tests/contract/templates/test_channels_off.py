"""With `Channels=no` the customer's stack is what it would be without chats and webhooks."""

import json

from tests.contract.templates.test_answers_off import resources

WORDS = ("Channels", "Notice", "NOTICES", "deliver_notice", "sns:Publish", "changecast/channels")


def test_nothing_that_is_deployed_knows_of_channels() -> None:
    plain = json.dumps(resources(), default=str)
    assert [word for word in WORDS if word in plain] == []


def test_what_the_feature_adds_is_its_own_and_leaves_the_mails_alone() -> None:
    off, on = resources(), resources(Channels="yes")
    assert sorted(on.keys() - off.keys()) == [
        "DeadChannelAlarm", "DeliverNoticeFunction", "DeliverNoticeFunctionNoticesQueue",
        "DeliverNoticeLogs", "DeliverNoticeRole", "NoticesDeadLetters", "NoticesDeadLettersAlarm",
        "NoticesQueue",
    ]  # fmt: skip
    assert off.keys() <= on.keys()
    changed = sorted(name for name in off if off[name] != on[name])
    assert changed == [
        "ContactsManagerRole", "OperatorRole", "PlanDeliveryFunction", "PlanDeliveryRole",
        "ReportDeliveryFunction", "ReportDeliveryRole", "SweepFunction", "SweepRole",
    ]  # fmt: skip
