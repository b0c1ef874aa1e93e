"""python -m testbed.pictures: make the documents' pictures with the product itself.

docs/pictures/update.png is the mail that readers get when a change moves, as headless Chromium
shows the page that `changecast preview` writes.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from testbed.expand import ROOT

SAMPLES = ROOT / "tests" / "samples"
PICTURE = ROOT / "docs" / "pictures" / "update.png"
BEFORE, NOW = SAMPLES / "a-current-approved.json", SAMPLES / "a-current-rescheduled.json"
WIDTH, HEIGHT, COLOURS = 660, 900, 64


def mail(folder: Path) -> Path:
    """Write the mails of the moved change, and return the page of the update."""
    program = Path(sys.executable).with_name("changecast")
    options: list[str | Path] = ["--previous", BEFORE, "--customer", "acme", "--out", folder]
    subprocess.run([program, "preview", NOW, *options], cwd=ROOT, check=True, capture_output=True)
    return folder / "1-update-changed.html"


def screenshot(page: Path, picture: Path) -> None:
    """Open a page in Chromium, and save a small picture of it."""
    size, raw = f"--window-size={WIDTH},{HEIGHT}", page.with_suffix(".png")
    switches = ["--headless", "--no-sandbox", "--hide-scrollbars", size, f"--screenshot={raw}"]
    subprocess.run(["chromium", *switches, page.as_uri()], check=True, capture_output=True)
    picture.parent.mkdir(exist_ok=True)
    with Image.open(raw) as image:
        image.convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        screenshot(mail(Path(folder)), PICTURE)
    sys.stdout.write(f"{PICTURE}\n")
