"""`-` is stdin wherever a verb reads a file."""

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from changecast_cli.announcing.documents import read_file
from changecast_cli.contacts.backup import FORMAT, read_backup
from changecast_cli.contacts.roles import read_roles
from changecast_cli.contacts.topics import _from as read_topics
from changecast_cli.customers.input import read_rows
from changecast_cli.doctor.dns import zone_lookup
from changecast_cli.text_files import read_text

STDIN = Path("-")
READERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "document": ('{"changeId": "CHG-1"}', read_file),
    "contacts": ("ana@acme.example\n", read_text),
    "customers": (
        "code,account,region,name,sender,timezone\na,222222222222,eu-west-1,A,a@a.example,UTC\n",
        read_rows,
    ),
    "backup": (f'{{"format": "{FORMAT}"}}', read_backup),
    "roles": ('[roles]\ncab = ["approvals"]\n', lambda path: read_roles(path, ["approvals"])),
    "topics": ('[[topic]]\nname = "a"\ndisplay = "A"\ndefault = "opt_in"\n', read_topics),
    "zone": ('acme.example. 60 IN TXT "hello"\n', zone_lookup),
}


@pytest.mark.parametrize("kind", READERS)
def test_what_is_piped_in_is_read_as_the_file_would_be(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, read = READERS[kind]
    path = tmp_path / "given"
    path.write_text(text, "utf-8")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8"))
    piped, filed = read(STDIN), read(path)
    if callable(piped) and callable(filed):
        piped, filed = piped("acme.example", "TXT"), filed("acme.example", "TXT")
        assert piped == ["hello"]
    assert getattr(piped, "body", piped) == getattr(filed, "body", filed)
    assert piped
