"""Run by a bare interpreter against a customer's unpacked package: compose a mail, find links.

PYTHONPATH=<package> python -S -P compose_one.py <change.json> <language>...
"""

import sys
from datetime import UTC, datetime
from pathlib import Path

from changecast.contract.change import Change
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.variants import compose
from changecast.customer.mailing import Mailing, MailKind, Topic
from changecast.customer.planning.link_domains import foreign_domains

path, *languages = sys.argv[1:]

change = Change.model_validate_json(Path(path).read_bytes())
mailing = Mailing(MailKind.ANNOUNCEMENT, Topic.ANNOUNCEMENTS, material=True, base=None)
for language in languages:
    brand = Brand("acme", "Acme", "a@acme.example", "Acme", "", language, "Europe/Madrid")
    assert compose(change, mailing, brand, previous=None, now=datetime.now(UTC))

# A name without a scheme is found by the list that travels with its package.
named = change.model_copy(update={"reason": "Open example.com."})
assert "example.com" in foreign_domains(named, frozenset({"acme.example"}))

foreign = [name for name, module in sys.modules.items() if "site-packages" in str(module)]
assert not foreign, foreign
