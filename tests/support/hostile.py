"""Bodies that no honest sender writes: each is thrown at every door."""

import json

DIGITS = "9" * 10_000  # int() refuses more than 4,300
BODIES = {
    "nothing": "",
    "no JSON": "nonsense",
    "null": "null",
    "a list": "[]",
    "a text": '"detail"',
    "a number": "7",
    "an empty object": "{}",
    "1,000 levels": '{"detail":' * 1_000 + "1" + "}" * 1_000,
    "100,000 levels": "[" * 100_000,
    "a key twice": '{"detail": {"a": 1, "a": 2}}',
    "NaN": '{"detail": {"revision": NaN}}',
    "Infinity": '{"detail": {"revision": -Infinity}}',
    "a number without end": '{"detail": {"revision": ' + DIGITS + "}}",
    "a number beyond all": '{"detail": {"revision": 1e999}}',
    "half a character": '{"detail": {"change_id": "\\ud800"}}',
    "a noncharacter": '{"detail": {"change_id": "\\uffff"}}',
    "a text of a megabyte": json.dumps({"detail": {"title": "x" * 1_000_000}}),
    "wrong types": json.dumps({"detail": {"change": [], "customers": {}, "change_id": 7}}),
}
# Codes that look right, and are none.
CODES = ["acme\n", "acme\r\n", " acme", "acme\u200b", "\u0430cme", "ACME", "acme\x00", "\uff41cme",
         "acme*", "ac me", "-acme", "acme-", "a" * 33, "hub", "acme-route", ""]  # fmt: skip
