"""Lengths of time for people. Pure."""

from datetime import timedelta

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


def in_words(length: timedelta) -> str:
    """Return a length in days and hours; below two days in hours, below two hours in minutes."""
    if length < 2 * _HOUR:
        return _counted(round(length.total_seconds() / 60), "minute")
    if length < 2 * _DAY:
        return _counted(round(length / _HOUR), "hour")
    days, rest = divmod(length, _DAY)
    hours = round(rest / _HOUR)
    if hours == 24:
        days, hours = days + 1, 0
    return _counted(days, "day") + (f" and {_counted(hours, 'hour')}" if hours else "")


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"
