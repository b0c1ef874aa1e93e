"""Wall time of the demo, and of warm announcements until their first mail and last status.

    python -m benchmarks.announcement

Everything runs in the embedded cloud, whose own hops take milliseconds: the time that an
announcement takes here is the functions' own. On AWS, the hops' time comes on top
(docs/performance.md). Wall times on a shared machine are noisy, so they have only generous limits.
"""

import json
import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.measure import at_most, report
from changecast.hub.announcing.announce import announce, connect
from changecast_cli.announcing.results import final_run
from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import HUB, add_contacts, deploy_all, stage_for
from changecast_local.cloud import Cloud

SAMPLE = Path(__file__).parents[1] / "tests" / "samples" / "a-current-approved.json"
CONTACTS, CODES = 20, ("acme", "globex", "initech")
ANNOUNCEMENTS = 20


def main() -> None:
    """Print one JSON line per measure."""
    stage = stage_for(CODES)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        began = time.monotonic()
        with local_cloud.temporary(folder, keep=False) as local:
            report("cloud_start", [time.monotonic() - began], "s", at_most(5))
            began = time.monotonic()
            deploy_all(stage, local.cloud, folder / "sam")
            deployed = time.monotonic() - began
            report("deploy_hub_and_3_customers", [deployed], "s", at_most(50))
            add_contacts(stage, local.cloud, CONTACTS)
            hub = connect(local.cloud.session(HUB.account))
            _announce(hub)
            taken = [_announce(hub) for _ in range(ANNOUNCEMENTS)]
            waits = [
                first - began
                for change_id, began, _ in taken
                for first in _first_mails(local.cloud, change_id)
            ]
        _, *others = statistics.quantiles(waits, n=20)
        report("announcement_to_first_mail_p50", [statistics.median(waits)], "s", at_most(2))
        report("announcement_to_first_mail_p95", [others[-1]], "s")
        times = [took for _, _, took in taken]
        report("announcement_to_last_status_3x20", times, "s", at_most(5))


def _first_mails(cloud: Cloud, change_id: str) -> list[float]:
    """Return when SES took the first mail of each customer (epoch seconds)."""
    first: dict[str, float] = {}
    for mail in cloud.mails(subject=change_id, fields=("account", "at")):
        at = datetime.fromisoformat(mail["at"]).timestamp()
        first[mail["account"]] = min(at, first.get(mail["account"], at))
    if len(first) != len(CODES):
        raise SystemExit(f"{change_id}: only {len(first)} of {len(CODES)} customers had a mail")
    return list(first.values())


def _announce(hub: object) -> tuple[str, float, float]:
    """Announce a change; return its id, when (epoch seconds), and how long its last status took."""
    document = json.loads(SAMPLE.read_text("utf-8"))
    change_id = f"CHG-{time.time_ns()}"
    document |= {"changeId": change_id, "customers": list(CODES)}
    at, began = time.time(), time.monotonic()
    announced = announce(document, hub=hub)  # type: ignore[arg-type]
    run = final_run(hub, announced, 60)  # type: ignore[arg-type]
    states = {one["state"] for one in run["customers"].values()}
    if states != {"sent"}:
        raise SystemExit(f"not everybody was told: {run}")
    return change_id, at, time.monotonic() - began


if __name__ == "__main__":
    main()
