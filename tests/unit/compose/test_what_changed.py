"""An update always has something below "What changed": nobody is mailed for nothing."""

from typing import Any

import pytest

from changecast.contract.change import view_for
from changecast.contract.differences import differences
from changecast.customer.compose.changed import changed_rows
from changecast.customer.compose.lead import lead
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.words import words_in
from changecast.customer.mailing import MailKind, Topic
from tests.support.builders import NOW
from tests.support.mails import brand
from tests.unit.test_differences import OTHER, STATUS_OF, full

TRIED = [(field, value) for field, values in OTHER.items() for value in values]


@pytest.mark.parametrize(("field", "value"), TRIED)
def test_what_people_are_mailed_for_is_what_the_mail_shows(field: str, value: Any) -> None:
    status = STATUS_OF.get(field, "approved")
    old = view_for(full(status=status), "acme")
    new = view_for(full(**{"status": status, field: value}), "acme")
    occasion = Occasion(
        new, MailKind.UPDATE, Topic.ANNOUNCEMENTS, brand(), words_in("en"), old, test=False, now=NOW
    )
    rows = changed_rows(occasion)
    assert len(rows) == len(differences(old, new)) > 0
    assert all(row.label and row.old != row.new for row in rows)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "it", "ja", "nl", "pt", "pt-BR"])
@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"title": "Another title"}, "update_title"),
        ({"title": "Another title", "customer_impact": "The shop is down."}, "update"),
        ({"customer_impact": "The shop is down."}, "update"),
    ],
)
def test_a_mail_about_another_title_claims_no_other_plan(
    language: str, fields: dict[str, Any], key: str
) -> None:
    old = view_for(full(kind="change"), "acme")
    new = view_for(full(kind="change", **fields), "acme")
    words = words_in(language)
    occasion = Occasion(
        new, MailKind.UPDATE, Topic.ANNOUNCEMENTS, brand(), words, old, test=False, now=NOW
    )
    begins = words("lead", key).partition("{changed}")[0]
    assert lead(occasion).startswith(begins)
    assert (
        words("lead", "update_title").partition("{changed}")[0]
        != words("lead", "update").partition("{changed}")[0]
    )
