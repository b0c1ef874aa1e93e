"""CPU time of composing a change's mails, and of a mail to one more recipient.

    python -m benchmarks.compose

CPU time of this process, so other load on the machine matters little. The peer of a splice
is what most senders do: build the whole message anew for every recipient.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from benchmarks.measure import at_most, pin_to_one_core, report, rounds
from changecast.contract.change import Change, view_for
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.variants import compose
from changecast.customer.ledger.schema import Run
from changecast.customer.mailing import Mailing, MailKind, Topic, Variant
from changecast.customer.renderings.splice import load, splice
from changecast.hub.announcing.metadata import read_document

SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
NOW = datetime(2027, 1, 16, 8, 5, tzinfo=UTC)
CHANGES, RECIPIENTS = 30, 5_000
BRAND = Brand(
    customer="acme",
    customer_name="Acme Industries",
    sender="changes@acme.example",
    sender_name="Provider operations",
    support_contact="desk@provider.example",
    language="de",
    timezone="Europe/Madrid",
)


def main() -> None:
    """Print one JSON line per measure."""
    pin_to_one_core()
    before, after = _change("a-current-approved"), _change("a-current-rescheduled")
    with_meeting = _change("b-form-export")
    update, meeting = _composing(after, before), _composing(with_meeting, None)
    report("compose_update_four_variants", update, "ms CPU", at_most(50))
    report("compose_announcement_with_meeting", meeting, "ms CPU", at_most(50))
    rendering = _compose(with_meeting, None)[Variant.FULL_CALENDAR]
    template = load(rendering)
    addresses = [f"reader.number{n}@acme.example" for n in range(RECIPIENTS)]
    spliced = _each(1e6, addresses, lambda each: splice(template, each))
    built = _each(1e6, addresses[:200], lambda each: _built(splice(template, each)))
    report("splice_one_recipient", spliced, "us CPU", at_most(20), peers=built)
    loading = [1e3 * seconds for seconds in rounds(lambda: load(rendering))]
    report("load_rendering", loading, "ms CPU", at_most(1))


def _composing(change: Change, previous: Change | None) -> list[float]:
    """Return the milliseconds for one change, for each round."""
    return _each(1e3, range(CHANGES), lambda _: _compose(change, previous))


def _each(scale: float, items: Sequence[Any], work: Callable[[Any], object]) -> list[float]:
    """Return the CPU time for each item, for each round."""
    times = rounds(lambda: [work(item) for item in items])
    return [scale * seconds / len(items) for seconds in times]


def _compose(change: Change, previous: Change | None) -> dict[Variant, bytes]:
    kind = MailKind.UPDATE if previous else MailKind.ANNOUNCEMENT
    base = _run(previous) if previous else None
    mailing = Mailing(kind, Topic.ANNOUNCEMENTS, material=True, base=base)
    return compose(change, mailing, BRAND, previous=previous, now=NOW)


def _built(raw: bytes) -> bytes:
    """Return the same mail as a new EmailMessage, its texts ready."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"], message["Subject"] = BRAND.sender, "a@acme.example", "Planned"
    third = len(raw) // 3
    message.set_content(raw[:third].decode("ascii"))
    message.add_alternative(raw[third : 2 * third].decode("ascii"), subtype="html")
    message.add_alternative(raw[2 * third :].decode("ascii"), subtype="calendar")
    return message.as_bytes()


def _change(sample: str) -> Change:
    document = read_document((SAMPLES / f"{sample}.json").read_bytes(), change_id=None)
    return view_for(document.change, BRAND.customer)


def _run(change: Change) -> Run:
    return Run("r", change.change_id, change.revision, "e", "f", "announcement",
               Topic.ANNOUNCEMENTS, True, 0.0, "")  # fmt: skip


if __name__ == "__main__":
    main()
