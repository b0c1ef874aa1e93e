"""python -m changecast_cli.schemas: write schemas/ anew from the models of the events.

JSON Schema 2020-12 of the whole envelope, one file per event version. A released version is never
edited but for an optional field that is added; tests/contract compares files and models.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from changecast.event import ChangeAnnounced, DeliveryReported, Envelope

MODELS: dict[str, type[BaseModel]] = {
    "ChangeAnnounced.v1": Envelope[ChangeAnnounced],
    "DeliveryReported.v1": Envelope[DeliveryReported],
}
FOLDER = Path(__file__).parent.parent / "schemas"


def schema_of(name: str) -> dict[str, Any]:
    """The JSON Schema of one event version, for instance ChangeAnnounced.v1."""
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:changecast:event:{name}",
    }
    return head | MODELS[name].model_json_schema() | {"title": name}


def text_of(name: str) -> str:
    """The schema as it stands in its file."""
    return json.dumps(schema_of(name), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path = FOLDER) -> list[Path]:
    """Write every schema; comes back: the files."""
    folder.mkdir(exist_ok=True)
    files = []
    for name in MODELS:
        path = folder / f"{name}.json"
        path.write_text(text_of(name), encoding="utf-8")
        files.append(path)
    return files


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in write())
