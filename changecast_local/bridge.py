"""Puts all that we change in ministack in place, once for the life of the process."""

from changecast_local import environment, private_names

_installed: list[bool] = []


def install() -> None:
    """Import ministack and mend it. Raises WrongMinistack where it is not as we know it."""
    if _installed:
        return
    environment.load()
    private_names.check()
    # It imports ministack, which is loaded and checked only now.
    from changecast_local import parts  # noqa: PLC0415

    parts.install()
    _installed.append(True)
