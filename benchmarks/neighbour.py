"""Whether one customer's fault slows the others: announcements in the embedded cloud.

    python -m benchmarks.neighbour

Three customers share a hub and its status table, and here also two cores, which AWS accounts do not
share. The SES of one takes 10 s for an answer, and fails half of the calls. The time of the others
from the announcement to their last status is measured, in turn with and without the fault (the
peer).
"""

import json
import tempfile
import time
from pathlib import Path

from benchmarks.measure import ROOT, ROUNDS, at_most_peer, report
from changecast.hub.announcing.announce import Hub, announce, connect
from changecast.hub.tracking.table import statuses
from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import HUB, add_contacts, stage_for
from testbed.fleet import deploy_fleet

SAMPLE = ROOT / "tests" / "samples" / "a-current-approved.json"
CONTACTS, NOISY, OTHERS = 20, "acme", ("globex", "initech")
# The sender with the fault waits for its answers, and a moment more.
SLOW, AFTERWARDS, PATIENCE = 10.0, 4.0, 60.0


def main() -> None:
    """Print one JSON line."""
    stage = stage_for((NOISY, *OTHERS))
    account = stage.customers[0].account
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with local_cloud.temporary(folder, keep=False) as local:
            cloud = local.cloud
            deploy_fleet(stage, cloud, {})
            add_contacts(stage, cloud, CONTACTS)
            hub = connect(cloud.session(HUB.account))
            _seconds(hub)
            alone, beside = [], []
            for _ in range(ROUNDS):
                alone.append(_seconds(hub))
                cloud.add_fault(account, "slow", seconds=SLOW)
                cloud.add_fault(account, "error", fraction=0.5)
                beside.append(_seconds(hub))
                time.sleep(SLOW + AFTERWARDS)
                cloud.clear_faults(account)
    report("noisy_neighbour_others_told", beside, "s", at_most_peer(1.1), peers=alone)


def _seconds(hub: Hub) -> float:
    """From an announcement to the last status of the others."""
    document = json.loads(SAMPLE.read_text("utf-8"))
    change = f"CHG-{time.time_ns()}"
    document |= {"changeId": change, "customers": [NOISY, *OTHERS]}
    began = time.monotonic()
    announce(document, hub=hub)
    while not _are_told(hub, change):
        if time.monotonic() - began > PATIENCE:
            raise SystemExit("the others were not told")
        time.sleep(0.02)
    return time.monotonic() - began


def _are_told(hub: Hub, change: str) -> bool:
    told = {row["customer"] for row in statuses(hub.table, change) if row.get("state") == "sent"}
    return told.issuperset(OTHERS)


if __name__ == "__main__":
    main()
