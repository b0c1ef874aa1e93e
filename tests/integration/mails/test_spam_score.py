"""SpamAssassin's score of our mails, by its own rules, without a network: make mail-score."""

import re
import subprocess
from email.utils import format_datetime
from pathlib import Path

import pytest

from changecast.customer.compose.words import languages
from tests.support.builders import NOW
from tests.support.every_kind import SETTINGS, Shown, every_kind
from tests.support.mails import READER, raw_mail
from tests.support.programs import needed

MOST = 0.6
_SCORE = re.compile(r"score=(-?[0-9.]+) .*?tests=(\S+)")


@pytest.mark.heavy
@pytest.mark.parametrize("language", languages())
def test_no_kind_of_mail_looks_like_spam(language: str, tmp_path: Path) -> None:
    for shown, (score, rules) in _scores(list(every_kind()), language, tmp_path).items():
        assert score <= MOST, (shown, score, rules)


@pytest.mark.heavy
def test_it_is_the_score_that_is_read(tmp_path: Path) -> None:
    shown = next(every_kind())
    loud = Shown("loud", shown.kind, shown.change, settings={"footer": "VIAGRA 100% FREE CASH!!! "})
    quiet = _scores([shown], "en", tmp_path)[shown.name][0]
    assert _scores([loud], "en", tmp_path)["loud"][0] > quiet


def _scores(mails: list[Shown], language: str, folder: Path) -> dict[str, tuple[float, str]]:
    """Score and rules by name: all mails of a language in one run of SpamAssassin."""
    box = folder / "mails.mbox"
    box.write_bytes(b"".join(_received(shown, language) for shown in mails))
    program = needed("spamassassin", "spamassassin")
    done = subprocess.run(
        [program, "--local", "--mbox", str(box)], capture_output=True, check=True, text=True
    )
    unfolded = re.sub(r"\n[ \t]+", " ", done.stdout)
    found = [_SCORE.search(line) for line in unfolded.splitlines() if "X-Spam-Status" in line]
    scores = [(float(each[1]), each[2]) for each in found if each]
    return dict(zip((shown.name for shown in mails), scores, strict=True))


def _received(shown: Shown, language: str) -> bytes:
    """A mail of an mbox, with what SES and the reader's server add."""
    settings = {**SETTINGS, **shown.settings, "language": language}
    raw = raw_mail(shown.kind, shown.change, previous=shown.previous, **settings)
    raw = raw.replace(b"{{amazonSESUnsubscribeUrl}}", b"https://subscriptions.example/1")
    head = (
        f"From mails@acme.example {NOW:%a %b %d %H:%M:%S %Y}\n"
        f"Delivered-To: {READER}\nDate: {format_datetime(NOW)}\n"
        f"Message-ID: <0100-{shown.name}@eu-central-1.amazonses.com>\n"
    )
    return head.encode() + raw.replace(b"\r\n", b"\n") + b"\n\n"
