"""Run by a bare interpreter against the unpacked package: import every handler, compose a mail.

PYTHONPATH=<package> python -S -P compose_one.py <sample> <language>... -- <handler>...
"""

import importlib
import sys
from datetime import UTC, datetime
from pathlib import Path

from changecast.compose import Brand, compose
from changecast.links import foreign_domains
from changecast.metadata import read_document
from changecast.plan import Mailing, MailKind, Topic

sample, *words = sys.argv[1:]
languages, handlers = words[: words.index("--")], words[words.index("--") + 1 :]

for handler in handlers:
    assert callable(importlib.import_module(handler).handler)

change = read_document(Path(sample).read_bytes()).change
mailing = Mailing(MailKind.ANNOUNCEMENT, Topic.ANNOUNCEMENTS, material=True, base=None)
for language in languages:
    brand = Brand("acme", "Acme", "a@acme.example", "Acme", "", language, "Europe/Madrid")
    assert compose(change, mailing, brand, previous=None, now=datetime.now(UTC))

# A name without a scheme is found by the list that travels with its package.
named = change.model_copy(update={"reason": "Open example.com."})
assert "example.com" in foreign_domains(named, frozenset({"acme.example"}))

foreign = [name for name, module in sys.modules.items() if "site-packages" in str(module)]
assert not foreign, foreign
