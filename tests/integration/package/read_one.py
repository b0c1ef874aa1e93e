"""Run by a bare interpreter against the hub's unpacked package: read a document.

PYTHONPATH=<package> python -S -P read_one.py <metadata.json>
"""

import sys
from pathlib import Path

from changecast.hub.announcing.metadata import read_document

assert read_document(Path(sys.argv[1]).read_bytes()).change

foreign = [name for name, module in sys.modules.items() if "site-packages" in str(module)]
assert not foreign, foreign
