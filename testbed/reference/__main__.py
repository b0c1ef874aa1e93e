"""python -m testbed.reference: write docs/reference/ from the program, as `make docs` does."""

import sys

from testbed.reference import FOLDER, PAGES

for name, page in PAGES.items():
    (FOLDER / name).write_text(page(), "utf-8")
    sys.stdout.write(f"{FOLDER / name}\n")
