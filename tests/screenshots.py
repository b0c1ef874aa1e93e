"""python -m tests.screenshots: docs/pictures/console.png, the console's overview in Chromium.

The hub is without AWS: a few changes in the coming weeks, one customer paused, one freeze.
"""

import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image

from changecast.contract.change import utc
from changecast.hub.tracking.schema import FREEZES_KEY
from changecast_cli.console.application import application
from changecast_cli.console.guard import Door
from changecast_cli.console.serving import listen
from tests.support import programs
from tests.support.consoles import PREFIX, TOKEN, FakeBoard, console_over, standing
from tests.support.fake_hub import fake_hub

PICTURE = programs.ROOT / "docs" / "pictures" / "console.png"
HEIGHT, COLOURS = 960, 64
QUOTA = {
    "code": "daily_quota",
    "message": "SES's daily quota is used up: 4,000 of 4,000 mails sent",
}


def planned(change_id: str, title: str, days: float, hours: float, **states: str) -> Any:
    """A change that starts in a number of days, at 22:00 UTC."""
    midnight = datetime.now(UTC).replace(hour=22, minute=0, second=0, microsecond=0)
    start = midnight + timedelta(days=days)
    window = {"window_start": utc(start), "window_end": utc(start + timedelta(hours=hours))}
    return standing(change_id, title=title, states=states, **window)


def board() -> FakeBoard:
    """What an operator may find in the morning."""
    shown = [
        planned("CHG-2041", "Patch the bastion hosts", 2, 2, acme="sending", globex="sent"),
        planned(
            "CHG-2042", "Move the databases to new storage", 5, 50, acme="sent", initech="paused"
        ),
        planned("CHG-2043", "Replace the VPN gateways", 6, 4, acme="sent", globex="sent"),
        planned("CHG-2047", "Rotate certificates", 13, 1, globex="sent", initech="sent"),
        planned("CHG-2051", "Upgrade the clusters", 19, 72, acme="sent", globex="no_route"),
    ]
    shown[1].run["customers"]["initech"]["reason"] = QUOTA
    shown[4].run["customers"]["globex"]["reason"] = {
        "code": "no_route",
        "message": "the hub has no rule that leads to its bus",
    }
    return FakeBoard(shown)


def frozen() -> dict[str, Any]:
    """globex wants no changes for four days."""
    start = datetime.now(UTC) + timedelta(days=8)
    times = [{"name": "Month end", "start": utc(start), "end": utc(start + timedelta(days=4))}]
    return {**FREEZES_KEY, "of": {"globex": {"times": times, "notice_hours": 0}}}


def main() -> None:
    """Serve the console, look at it once, and keep a small picture."""
    hub, listening = fake_hub(), listen(0)
    hub.table.items[FREEZES_KEY["pk"], FREEZES_KEY["sk"]] = frozen()
    door = Door(listening.getsockname()[1], TOKEN, PREFIX)
    app = application(console_over(hub, board()), door)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "console.png"
        steps = [{"see": "Open changes"}, {"picture": str(raw)}]
        given = {"address": door.address, "steps": steps, "height": HEIGHT}
        programs.node("walk.mjs", given)
        with Image.open(raw) as image:
            top = image.crop((0, 0, image.width, HEIGHT))
            top.convert("RGB").quantize(COLOURS).save(PICTURE, optimize=True)
    sys.stdout.write(f"{PICTURE}\n")


if __name__ == "__main__":
    main()
