"""Our mails, read by circuit-maintenance-parser as a network team runs it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from changecast.customer.mailing import MailKind
from tests.support.builders import change
from tests.support.mails import raw_mail

READ = """
import json, sys
from circuit_maintenance_parser import NotificationData
from circuit_maintenance_parser.provider import GenericProvider
data = NotificationData.init_from_email_bytes(sys.stdin.buffer.read())
print(json.dumps([json.loads(each.to_json()) for each in GenericProvider().get_maintenances(data)]))
"""


@pytest.mark.parametrize(
    ("kind", "status", "said", "mark"),
    [
        (MailKind.ANNOUNCEMENT, "approved", "CONFIRMED", ""),
        (MailKind.STARTED, "in_progress", "IN-PROCESS", "In progress: "),
        (MailKind.COMPLETED, "completed", "COMPLETED", "Completed: "),
        (MailKind.CANCELLED, "cancelled", "CANCELLED", "Cancelled: "),
        (MailKind.WITHDRAWN, "approved", "CANCELLED", "Cancelled: "),
    ],
)
def test_a_program_reads_the_same_maintenance_from_every_mail(
    kind: MailKind, status: str, said: str, mark: str, maintenance_parser: Path
) -> None:
    about = change(
        status=status,
        revision=3,
        customer_impact="Sessions drop.",
        meeting={"start": "2027-01-20T21:00:00Z"},
    )
    (maintenance,) = parsed(maintenance_parser, raw_mail(kind, about))
    stamp, uid = maintenance.pop("stamp"), maintenance.pop("uid")
    assert (stamp, uid.partition("@")[2]) == (1800086700, "mail.acme.example")
    assert maintenance == {
        "account": "acme",
        "circuits": [{"circuit_id": "Acme Industries", "impact": "DEGRADED"}],
        "start": 1800482400,
        "end": 1800487800,
        "maintenance_id": "CHG-1",
        "organizer": "mailto:changes@mail.acme.example",
        "provider": "mail.acme.example",
        "sequence": 3,
        "status": said,
        "summary": f"{mark}Patch the hosts · For Acme Industries [CHG-1]",
    }


@pytest.mark.parametrize(
    ("level", "impact"),
    [
        ("none", "NO-IMPACT"),
        ("reduced_redundancy", "REDUCED-REDUNDANCY"),
        ("degraded", "DEGRADED"),
        ("outage", "OUTAGE"),
    ],
)
def test_a_program_reads_provider_account_and_the_stated_level_for_every_service(
    level: str, impact: str, maintenance_parser: Path
) -> None:
    about = change(impact_level=level, services=["VPN", "DNS, internal"])
    raw = raw_mail(MailKind.ANNOUNCEMENT, about, provider_name="Provider", customer="acme-eu")
    (maintenance,) = parsed(maintenance_parser, raw)
    assert (maintenance["provider"], maintenance["account"]) == ("Provider", "acme-eu")
    assert maintenance["circuits"] == [
        {"circuit_id": "VPN", "impact": impact},
        {"circuit_id": "DNS, internal", "impact": impact},
    ]


def parsed(python: Path, raw: bytes) -> list[dict[str, Any]]:
    """What the parser makes of a mail; SES adds the date when it sends."""
    dated = b"Date: Sat, 16 Jan 2027 08:05:00 +0000\r\n" + raw
    done = subprocess.run([python, "-c", READ], input=dated, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
