"""Run by a bare interpreter against an unpacked package: import every handler of its side.

PYTHONPATH=<package> python -S -P import_all.py <handler>...
"""

import importlib
import sys

for handler in sys.argv[1:]:
    assert callable(importlib.import_module(handler).handler)

foreign = [name for name, module in sys.modules.items() if "site-packages" in str(module)]
assert not foreign, foreign
