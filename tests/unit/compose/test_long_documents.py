"""Documents over what a mail may hold: shortened where people see it, whole in the attachment."""

from email.message import EmailMessage

from changecast.customer.mailing import MailKind, Variant
from tests.support.builders import change
from tests.support.mails import html_of, mail, text_of

GMAIL_CLIPS_AT = 102 * 1024
TEXTS = (
    "customer_impact", "reason", "implementation_plan", "test_plan", "rollback_plan",
    "summary", "content",
)  # fmt: skip


def attached(message: EmailMessage) -> str | None:
    """The text file of a mail, None where it has none."""
    files = [part for part in message.iter_attachments() if part.get_content_type() == "text/plain"]
    return str(files[0].get_content()).replace("\r\n", "\n") if files else None


def test_a_short_document_has_no_attachment() -> None:
    message = mail(variant=Variant.FULL)
    assert message.get_content_type() == "multipart/alternative"


def test_a_long_text_is_cut_visibly_and_whole_in_the_file() -> None:
    text = "\n".join(f"step {number}" for number in range(3_000))
    message = mail(about=change(change_id="CHG/1:a", implementation_plan=text))
    for body in (text_of(message), html_of(message)):
        assert "more characters in the attached file CHG-1-a.txt)" in body
        assert "step 500" in body
        assert "step 2999" not in body
    (file,) = (part for part in message.iter_attachments() if part.get_filename() == "CHG-1-a.txt")
    assert text in str(file.get_content()).replace("\r\n", "\n")
    assert "{{" not in str(file.get_content())


def test_how_much_was_cut_is_said() -> None:
    message = mail(about=change(reason="x" * 9_000))
    said = " ".join(text_of(message).split())
    assert "x… (shortened: 1000 more characters in the attached file CHG-1.txt)" in said


def test_a_cut_list_says_how_many_are_missing() -> None:
    links = [{"title": f"Link {n}", "url": f"https://l.example/{n}"} for n in range(60)]
    message = mail(about=change(links=links))
    assert "… (20 more in the attached file CHG-1.txt)" in html_of(message)
    assert "Link 59" in (attached(message) or "")


def test_a_document_of_many_long_texts_is_cut_until_gmail_shows_it_whole() -> None:
    before = change(**dict.fromkeys(TEXTS, "& old\n" * 1_500))
    after = change(revision=2, **dict.fromkeys(TEXTS, "& new\n" * 1_500))
    message = mail(MailKind.UPDATE, after, previous=before)
    assert len(html_of(message).encode()) < GMAIL_CLIPS_AT
    assert html_of(message).count("more characters in the attached file CHG-1.txt") == 3 * 7
    assert attached(message)
