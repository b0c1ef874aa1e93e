"""CPU time of composing a change's mails, and of a mail's way to one more recipient.

    python -m benchmarks.compose

CPU time of this process (medians), so other load on the machine matters little. The peer of a
splice is what most senders do: build the whole message anew for every recipient.
"""

import json
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from changecast.change import Change, view_for
from changecast.compose import Brand, compose
from changecast.ledger_items import Run
from changecast.metadata import read_document
from changecast.plan import Mailing, MailKind, Topic, Variant
from changecast.splice import load, splice

SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
NOW = datetime(2027, 1, 16, 8, 5, tzinfo=UTC)
CHANGES, RECIPIENTS, ROUNDS = 30, 5_000, 5
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
    before, after = _change("a-current-approved"), _change("a-current-rescheduled")
    with_meeting = _change("b-form-export")
    _line("compose_update_four_variants_ms", 1e3 * _composing(after, before), "ms", 50)
    _line("compose_announcement_with_meeting_ms", 1e3 * _composing(with_meeting, None), "ms", 50)
    renderings = _compose(with_meeting, None)
    rendering = renderings[Variant.FULL_CALENDAR]
    template = load(rendering)
    addresses = [f"reader.number{n}@acme.example" for n in range(RECIPIENTS)]
    spliced = _cpu(lambda: [splice(template, address) for address in addresses]) / RECIPIENTS
    built = _cpu(lambda: [_built(splice(template, each)) for each in addresses[:200]]) / 200
    _line("splice_one_recipient_us", 1e6 * spliced, "us", 20, peer=1e6 * built)
    _line("load_rendering_ms", 1e3 * _cpu(lambda: load(rendering)), "ms", 1)


def _composing(change: Change, previous: Change | None) -> float:
    return _cpu(lambda: [_compose(change, previous) for _ in range(CHANGES)]) / CHANGES


def _compose(change: Change, previous: Change | None) -> dict[Variant, bytes]:
    kind = MailKind.UPDATE if previous else MailKind.ANNOUNCEMENT
    base = _run(previous) if previous else None
    mailing = Mailing(kind, Topic.ANNOUNCEMENTS, material=True, base=base)
    return compose(change, mailing, BRAND, previous=previous, now=NOW)


def _built(raw: bytes) -> bytes:
    """The same mail as a new EmailMessage, its texts ready."""
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


def _cpu(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return statistics.median(times)


def _line(measure: str, value: float, unit: str, goal: float, peer: float | None = None) -> None:
    ratio = round(value / peer, 5) if peer else None
    line = {
        "measure": measure, "value": round(value, 3), "unit": unit,
        "peer": peer and round(peer, 1), "ratio": ratio, "goal": f"<= {goal}", "met": value <= goal,
    }  # fmt: skip
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
