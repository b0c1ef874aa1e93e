"""Wall time of the demo and of a warm announcement to its last status, in the embedded cloud.

    python -m benchmarks.announcement

Wall times on a shared machine are noisy, so they have only generous limits.
"""

import json
import tempfile
import time
from pathlib import Path

from benchmarks.measure import ROUNDS, at_most, report
from changecast.hub.announcing.announce import announce, connect
from changecast_cli.announcing.announce import final_run
from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import HUB, add_contacts, deploy_all, stage_for

SAMPLE = Path(__file__).parents[1] / "tests" / "samples" / "a-current-approved.json"
CONTACTS, CODES = 20, ("acme", "globex", "initech")


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
            times = [_announce(hub) for _ in range(ROUNDS)]
            report("announcement_to_last_status_3x20", times, "s", at_most(5))


def _announce(hub: object) -> float:
    document = json.loads(SAMPLE.read_text("utf-8"))
    document |= {"changeId": f"CHG-{time.time_ns()}", "customers": list(CODES)}
    began = time.monotonic()
    announced = announce(document, hub=hub)  # type: ignore[arg-type]
    run = final_run(hub, announced, 60)  # type: ignore[arg-type]
    states = {one["state"] for one in run["customers"].values()}
    if states != {"sent"}:
        raise SystemExit(f"not everybody was told: {run}")
    return time.monotonic() - began


if __name__ == "__main__":
    main()
