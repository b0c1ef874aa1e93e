"""Changecast: announce a change once; every affected customer's own account tells its people.

The public API is `__all__`; every other module may change between releases. The names are imported
on first use, so that a Lambda function loads only the layer that it imports.

    from changecast import announce
    announce(Path("metadata.json").read_bytes(), bus="changecast-hub")
"""

from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from changecast.hub.announcing.announce import Announcement, Hub, announce, connect

PACKAGES = Path(__file__).parents[1]

__all__ = ["Announcement", "Hub", "announce", "connect"]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562); a customer's package has no hub to import."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from changecast.hub.announcing import announce as announcing  # noqa: PLC0415 - see above

    return getattr(announcing, name)


def __dir__() -> list[str]:
    return [*__all__, *globals()]


def _refuse_foreign_runtime(packages: Path) -> None:
    """Raise ImportError if the package that `sam build` made is for another Python or machine.

    A checkout and an installed package have no compiled parts beside them, so they are not checked.
    Without this check, Lambda would only say that pydantic_core has no module _pydantic_core.
    """
    built = sorted(path.name for path in packages.glob("pydantic_core/*.so"))
    if built and not any(name.endswith(EXTENSION_SUFFIXES[0]) for name in built):
        raise ImportError(
            f"this function runs on {EXTENSION_SUFFIXES[0]}, but its package was built for "
            f"{', '.join(name.partition('.')[2] for name in built)}: set PythonRuntime and "
            f"Architecture in samconfig.toml to match, then build and deploy again"
        )


_refuse_foreign_runtime(PACKAGES)
