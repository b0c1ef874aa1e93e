"""Settings: read once from the environment that the template sets.

All are required, except those of optional features, which are off by default.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Self


class FromEnvironment:
    """A frozen dataclass whose fields are environment variables of the same name in upper case."""

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the settings; KeyError names a missing variable and fails the cold start."""
        kinds = {"int": int, "float": float, "str": str}
        values = {
            spec.name: kinds[str(spec.type)](environ[spec.name.upper()])
            for spec in fields(cls)  # type: ignore[arg-type]
            if spec.default is MISSING or spec.name.upper() in environ
        }
        return cls(**values)
