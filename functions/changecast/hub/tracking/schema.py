"""The hub's status table: every key, index and attribute, named once. Pure.

    pk                           sk                           what
    change#<change id>           record#<000003>              a revision's record: revisions.py
    change#<change id>           original#<000003>#<00>       its event, compressed: originals.py
    change#<change id>           again#<000003>#<at>#<id>     who announced it again: revisions.py
    change#<change id>           discard#<000003>             a revision that is void: discards.py
    change#<change id>           action#<at>#<id>             what somebody did: operator_actions.py
    status#<change id>#<shard>   <000003>#<code>              one customer's status: rows.py
    reminder#<change id>#<shard> <code>#<start>#<before>      where one customer's reminder stands
    history#<change id>#<code>   <000003>#<seq>#<id>          every report, append-only: history.py
    answers#<change id>#<code>   <seq>#<id>                   every answer, kept: responses.py
    fact#<change id>             <000003>#<cause>#<id>        what somebody must know about a change
    window#<change id>#<shard>   window                       when it must be over: open_windows.py
    freezes                      freezes                      freezes from files, of all customers
    freezes                      declared#<code>              freezes that a customer declared
    unplaced#<account>           <sent at>#<id>               reports that name no change, forgeries

Nothing is found by a scan:

    who asks                     how
    a change, a revision of it   `statuses`: the shards of the change
    its reminders                `reminders`: the shards of the change
    a customer's own             `statuses_of_customer`: index by_customer (customer, announced_at)
    a day                        `statuses_of_days`: index by_day (day#shard, announced_at)
    a state                      `statuses_in`: index by_state (state#shard, announced_at)
    what is overdue              `overdue_changes`: the same index, under the finding's cause
    what is planned              `open_changes`: the same index, `open_window` and the former
    what watch must look at      `overdue`: index by_deadline (due#shard, deadline), sparse
    one customer's reports       `history`: its own partition

A partition takes 1,000 writes a second. Rows spread over SHARDS partitions by a hash of change,
revision and customer, histories over as many as there are changes times customers, and a customer
writes about its own runs only: so 1,000 reports a second, all of one change and one day, come to
some 250 writes a second on the busiest partition: a state that moves takes two writes in by_state,
and a report's row and history are written in a transaction, where each write counts twice.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-sharding.html
"""

import zlib
from typing import Any

Row = dict[str, Any]
ItemKey = dict[str, str]

SHARDS = 8
BY_CUSTOMER, BY_DAY, BY_STATE, BY_DEADLINE = "by_customer", "by_day", "by_state", "by_deadline"
RECORDS, ORIGINALS, REANNOUNCEMENTS = "record#", "original#", "again#"
DISCARDS, ACTIONS = "discard#", "action#"
# State of a change whose window is not over, in index by_state.
OPEN_WINDOW = "open_window"

KEYS = frozenset({"pk", "sk", "day_key", "state_key", "due_key"})
OF_A_RECORD = frozenset(
    {
        "change_id", "revision", "content_hash", "customers", "withdrawn", "announced_by",
        "announced_at", "event_id", "title", "status", "versioned", "put_at", "deadline",
        "previous_revision", "hash_version", "document_hash",
        "window_start", "window_end", "despite", "past", "notify_all", "approved_by",
        "approved_hash", "break_glass",
    }
)  # fmt: skip
OF_AN_ORIGINAL = frozenset({"parts", "confidential", "body"})
# `to`, not `customer`, because only status rows are in the index by customer.
OF_A_REANNOUNCEMENT = frozenset(
    {"revision", "to", "announced_at", "announced_by", "event_id", "reannounces"}
)
REGISTRY, PARTS, MOVES = "registry", "part#", "moving#"
OF_THE_REGISTRY = frozenset({"parts", "at", "body"})
FREEZES_KEY: ItemKey = {"pk": "freezes", "sk": "freezes"}
DECLARED = "declared#"
OF_THE_FREEZES = frozenset({"of", "pushed_by", "pushed_at", "declared", "removed", "version"})
OF_A_DISCARD = frozenset({
    "revision", "discarded_by", "discarded_at", "newest", "approved_by", "approved_hash",
    "break_glass",
})  # fmt: skip
OF_AN_ACTION = frozenset({"change_id", "revision", "to", "action", "by", "at", "says", "after_seq"})
OF_A_STATUS = frozenset(
    {
        "customer", "state", "change_id", "revision", "event_id", "title", "withdrawn",
        "announced_at", "announced_by", "updated_at", "deadline", "counts", "reason", "started_at",
        "ended_at", "trace_id", "account", "reported_at", "report_seq", "rejection",
        "rejection_seq", "finding", "version", "discarded", "responses", "channels",
        "chain_length", "chain_hash",
    }
)  # fmt: skip
OF_A_REMINDER = OF_A_STATUS | {"reminder"}
# See chain.py.
_OF_AN_ENTRY = frozenset({"chain_number", "previous_hash", "entry_hash"})
OF_A_REPORT = _OF_AN_ENTRY | frozenset(
    {
        "schema_version", "event_id", "change_id", "revision", "customer", "state", "report_seq",
        "counts", "reason", "started_at", "ended_at", "trace_id", "account", "source",
        "received_at", "cause", "deadline", "responses", "channels", "reminder",
    }
)  # fmt: skip
OF_AN_ANSWER = _OF_AN_ENTRY | frozenset(
    {
        "schema_version", "event_id", "change_id", "revision", "customer", "response", "responder",
        "windows", "comment", "superseded_by", "counts", "approval", "response_seq", "report_seq",
        "recorded_at", "account", "received_at", "salt",
    }
)  # fmt: skip
OF_A_FACT = frozenset(
    {
        "cause", "change_id", "revision", "event_id", "announced_by", "message", "found_at",
        "account", "deadline", "customer", "title",
    }
)  # fmt: skip


OF_A_WINDOW = frozenset(
    {
        "change_id", "revision", "title", "status", "customers", "open", "window_start",
        "window_end",
        "announced_by", "announced_at", "deadline", "finding", "version",
    }
)  # fmt: skip


def attributes_of(item: ItemKey | Row) -> frozenset[str]:
    """Return every attribute that an item with this key may have."""
    kind, sort = item["pk"].partition("#")[0], item["sk"]
    if kind == "change":
        kind = sort.partition("#")[0]
    own = {
        "record": OF_A_RECORD,
        "original": OF_AN_ORIGINAL,
        "again": OF_A_REANNOUNCEMENT,
        "discard": OF_A_DISCARD,
        "action": OF_AN_ACTION,
        "freezes": OF_THE_FREEZES,
        "registry": OF_THE_REGISTRY,
        "status": OF_A_STATUS,
        "reminder": OF_A_REMINDER,
        "history": OF_A_REPORT,
        "answers": OF_AN_ANSWER,
        "fact": OF_A_FACT,
        "window": OF_A_WINDOW,
        "unplaced": OF_A_REPORT | OF_A_FACT,
    }
    return KEYS | own[kind]


def registry_key(part: int) -> ItemKey:
    """Return the key of a part of the copy of the registry."""
    return {"pk": REGISTRY, "sk": f"{PARTS}{part:02d}"}


def moving_key(code: str) -> ItemKey:
    """Return the key of the note that a customer is moving to another bus."""
    return {"pk": REGISTRY, "sk": f"{MOVES}{code}"}


def digits(revision: int) -> str:
    """Return a revision as part of a sort key; six digits are enough for REVISION_LIMIT."""
    return f"{revision:06d}"


def change_key(change_id: str) -> str:
    """Return the partition of everything that was announced about a change."""
    return f"change#{change_id}"


def record_key(change_id: str, revision: int) -> ItemKey:
    """Return the key of a revision's record."""
    return {"pk": change_key(change_id), "sk": f"{RECORDS}{digits(revision)}"}


def originals_of(revision: int) -> str:
    """Return the prefix of the sort keys of a revision's original; the part's number follows."""
    return f"{ORIGINALS}{digits(revision)}#"


def reannouncement_key(change_id: str, revision: int, at: str, event_id: str) -> ItemKey:
    """Return the key of the note that a revision was announced again."""
    sort = f"{REANNOUNCEMENTS}{digits(revision)}#{at}#{event_id}"
    return {"pk": change_key(change_id), "sk": sort}


def declared_key(code: str) -> ItemKey:
    """Return the key of a customer's own freezes."""
    return {"pk": FREEZES_KEY["pk"], "sk": f"{DECLARED}{code}"}


def discard_key(change_id: str, revision: int) -> ItemKey:
    """Return the key of the note that a revision is void."""
    return {"pk": change_key(change_id), "sk": f"{DISCARDS}{digits(revision)}"}


def action_key(change_id: str, at: str, unique: str) -> ItemKey:
    """Return the key of an operator's action on a change."""
    return {"pk": change_key(change_id), "sk": f"{ACTIONS}{at}#{unique}"}


def status_key(change_id: str, revision: int, code: str) -> ItemKey:
    """Return the key of one customer's status of one revision."""
    sort = f"{digits(revision)}#{code}"
    shard = _shard(f"{change_id}#{sort}")
    return {"pk": status_partition(change_id, shard), "sk": sort}


def _shard(name: str) -> int:
    return zlib.crc32(name.encode()) % SHARDS


def status_partition(change_id: str, shard: int) -> str:
    """Return one of the partitions with the statuses of a change."""
    return f"status#{change_id}#{shard}"


def reminder_status_key(change_id: str, code: str, start: str, before: str) -> ItemKey:
    """Return the key of one customer's status of a reminder for one window (RFC 3339)."""
    sort = f"{code}#{start}#{before}"
    return {"pk": reminder_partition(change_id, _shard(f"{change_id}#{sort}")), "sk": sort}


def reminder_partition(change_id: str, shard: int) -> str:
    """Return one of the partitions with the states of a change's reminders."""
    return f"reminder#{change_id}#{shard}"


def is_delivery(key: ItemKey) -> bool:
    """Return whether an item is a customer's status, or that of one of its reminders."""
    return key["pk"].startswith(("status#", "reminder#"))


def code_in(key: ItemKey) -> str:
    """Return the customer of a status, or of a reminder's status, by its key."""
    first, _, rest = key["sk"].partition("#")
    return rest if key["pk"].startswith("status#") else first


def window_key(change_id: str) -> ItemKey:
    """Return the key of the item that says by when a change must be completed."""
    return {"pk": f"window#{change_id}#{_shard(change_id)}", "sk": "window"}


def is_window(key: ItemKey) -> bool:
    """Return whether an item says by when a change must be completed."""
    return key["pk"].startswith("window#")


def history_partition(change_id: str, code: str) -> str:
    """Return the partition of one customer's reports about a change."""
    return f"history#{change_id}#{code}"


def report_key(change_id: str, revision: int, code: str, seq: int, event: str) -> ItemKey:
    """Return the key of a report."""
    sort = f"{digits(revision)}#{seq:012d}#{event}"
    return {"pk": history_partition(change_id, code), "sk": sort}


def answers_partition(change_id: str, code: str) -> str:
    """Return the partition of one customer's answers to a change."""
    return f"answers#{change_id}#{code}"


def answer_key(change_id: str, code: str, seq: int, event_id: str) -> ItemKey:
    """Return the key of an answer; a repeat has the same key."""
    return {"pk": answers_partition(change_id, code), "sk": f"{seq:012d}#{event_id}"}


def unplaced_key(account: str, sent_at: str, event: str) -> ItemKey:
    """Return the key of an event that cannot be filed under a change."""
    return {"pk": f"unplaced#{account}", "sk": f"{sent_at}#{event}"}


def is_unplaced(key: ItemKey) -> bool:
    """Return whether an item could not be filed under a change."""
    return key["pk"].startswith("unplaced#")


def fact_key(change_id: str, revision: int, cause: str, event_id: str) -> ItemKey:
    """Return the key of a fact about an announcement."""
    return {"pk": f"fact#{change_id}", "sk": f"{digits(revision)}#{cause}#{event_id}"}


def due(deadline: str, shard: int = 0) -> dict[str, str]:
    """Return the attributes that make an item due for watch at its deadline (RFC 3339)."""
    return {"due_key": f"due#{shard}", "deadline": deadline}


def index_keys(key: ItemKey, row: Row) -> dict[str, str]:
    """Return the attributes that put an item into the indexes; without its key, it is in none."""
    shard = key["pk"].rpartition("#")[2]
    keys = {}
    if is_window(key):
        if "finding" in row:
            keys["state_key"] = f"{row['finding']['cause']}#{shard}"
        elif row.get("open"):
            keys["state_key"] = f"{OPEN_WINDOW}#{shard}"
    elif "announced_at" in row:
        # The caller's clock may be a day ahead, and nobody lists future days.
        day = min(row["announced_at"][:10], row["updated_at"][:10])
        keys["day_key"] = f"{day}#{shard}"
        keys["state_key"] = f"{row['state']}#{shard}"
    if "deadline" in row:
        keys["due_key"] = f"due#{shard}"
    return keys
