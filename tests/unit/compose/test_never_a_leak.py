"""No mail names another customer, another recipient, or who did what inside the provider."""

import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from changecast.contract.change import view_for
from changecast.customer.mailing import MailKind, Variant
from tests.support.builders import change
from tests.support.mails import READER, mail, raw_mail

CODES = st.text(string.ascii_lowercase, min_size=6, max_size=12).map(lambda code: f"zq-{code}")
STATUS = {
    MailKind.APPROVAL_REQUEST: "submitted",
    MailKind.STARTED: "in_progress",
    MailKind.COMPLETED: "completed",
    MailKind.CANCELLED: "cancelled",
}


@settings(max_examples=25, deadline=None)
@given(
    own=CODES,
    others=st.lists(CODES, min_size=1, max_size=3, unique=True),
    kind=st.sampled_from(list(MailKind)),
    language=st.sampled_from(["en", "de", "es", "fr"]),
    with_base=st.booleans(),
    data=st.data(),
)
def test_no_mail_names_what_is_not_its_readers(
    own: str, others: list[str], kind: MailKind, language: str, with_base: bool, data: Any
) -> None:
    others = [code for code in others if code not in own and own not in code]
    foreign = [
        *others,
        *(f"Company {code}" for code in others),
        *(f"reader@{code}.example" for code in others),
        "arn:aws", "111111111111", "maria@provider.example",
    ]  # fmt: skip
    everybody = dict.fromkeys([own, *others], None)
    details = {code: {"note": f"Company {code} reader@{code}.example"} for code in everybody}
    history = [
        {"timestamp": "2027-01-14T09:00:00Z", "user_id": who, "type": "created"}
        for who in ("arn:aws:iam::111111111111:role/portal", "maria@provider.example")
    ]
    whole = change(
        status=STATUS.get(kind, "approved"),
        revision=2,
        history=history,
        customer_details=details,
        customer_impact=data.draw(st.sampled_from(["", "None", "Down."])),
        meeting=data.draw(st.sampled_from([None, {"start": "2027-01-20T21:00:00Z"}])),
    )
    before = whole.model_copy(update={"title": "Before", "revision": 1})
    raw = raw_mail(
        kind,
        view_for(whole, own),
        previous=view_for(before, own) if with_base else None,
        customer=own,
        customer_name=f"Company {own}",
        language=language,
    )
    readable = _everything(raw)
    for text in foreign:
        assert text not in readable, text
    assert readable.count(READER) >= 1


def test_what_is_looked_for_would_be_found() -> None:
    """The property above is worth nothing if it cannot see a leak."""
    leaking = change(customer_details={"acme": {"note": "Company zq-x reader@zq-x.example"}})
    assert "reader@zq-x.example" in _everything(raw_mail(about=leaking))


def test_a_document_of_many_customers_compared_with_its_like_shows_only_ones_own() -> None:
    def seen_by_acme(note: str, revision: int) -> Any:
        details = {"acme": note, "globex": f"globex {note}"}
        return view_for(change(revision=revision, customer_details=details), "acme")

    raw = raw_mail(MailKind.UPDATE, seen_by_acme("now", 2), previous=seen_by_acme("then", 1))
    assert "globex" not in _everything(raw)
    assert "then" in _everything(raw)


def test_a_document_that_still_holds_everybodys_sections_shows_only_ones_own() -> None:
    """The planner hands over acme's view; a mail does not rely on it."""
    details = {"globex": "for globex", "acme": "for acme", "initech": "for initech"}
    readable = _everything(raw_mail(about=change(customer_details=details)))
    assert "for acme" in readable
    assert "globex" not in readable
    assert "initech" not in readable


def test_the_plain_variant_is_as_tight_as_the_one_with_a_calendar() -> None:
    for variant in (Variant.FULL, Variant.FULL_CALENDAR):
        readable = _everything(raw_mail(variant=variant))
        assert readable.count("@acme.example") == readable.count(READER)


def _everything(raw: bytes) -> str:
    """The raw MIME, and every header and part of it decoded."""
    import email  # noqa: PLC0415 - only here
    from email.policy import default  # noqa: PLC0415 - only here

    message = email.message_from_bytes(raw, policy=default)
    found = [raw.decode("ascii")]
    for part in message.walk():
        found += [f"{name}: {value}" for name, value in part.items()]
        if not part.is_multipart():
            found.append(str(part.get_content()))
    return "\n".join(found)


def test_everything_sees_into_each_part() -> None:
    assert mail()["Subject"] in _everything(raw_mail())
    assert "BEGIN:VEVENT" in _everything(raw_mail())
