"""Install all our changes to ministack, once per process."""

from changecast_local import environment, private_names

_installed: list[bool] = []


def install() -> None:
    """Import ministack and patch it. Raises WrongMinistack if it is not the expected version."""
    if _installed:
        return
    environment.load()
    private_names.check()
    # This imports ministack, which is loaded and checked only here.
    from changecast_local import parts  # noqa: PLC0415

    parts.install()
    _installed.append(True)
