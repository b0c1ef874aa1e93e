"""python -m changecast_cli.schemas: write schemas/ from the models of events and notices.

JSON Schema 2020-12 of the whole envelope, one file per event version. A released version only ever
gets optional fields. tests/contract compares files and models.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.delivery_reported import DeliveryReported
from changecast.contract.envelope import Envelope
from changecast.contract.freeze import FreezeDeclared
from changecast.contract.notice import ChangeNotice
from changecast.contract.response_events import ChangeResponded, ResponseRecorded

MODELS: dict[str, type[BaseModel]] = {
    "ChangeAnnounced.v1": Envelope[ChangeAnnounced],
    "ChangeNotice.v1": ChangeNotice,
    "ChangeResponded.v1": Envelope[ChangeResponded],
    "DeliveryReported.v1": Envelope[DeliveryReported],
    "FreezeDeclared.v1": Envelope[FreezeDeclared],
    "ResponseRecorded.v1": Envelope[ResponseRecorded],
}
FOLDER = Path(__file__).parent.parent / "schemas"


def schema_of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of one event version, for example ChangeAnnounced.v1."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:changecast:event:{name}",
    }
    return head | MODELS[name].model_json_schema() | {"title": name}


def text_of(name: str) -> str:
    """Return the schema as the text of its file."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> list[Path]:
    """Write every schema; return the files."""
    folder.mkdir(exist_ok=True)
    files = []
    for name in MODELS:
        path = folder / f"{name}.json"
        path.write_text(text_of(name), encoding="utf-8")
        files.append(path)
    return files


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write())
