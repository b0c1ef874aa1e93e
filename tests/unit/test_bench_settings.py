"""A bench starts a handler with every setting that the handler reads."""

from dataclasses import fields

from benchmarks.hub import environment
from changecast.hub.settings import TrackSettings


def test_the_hubs_handler_gets_each_of_its_settings() -> None:
    needed = {field.name.upper() for field in fields(TrackSettings)}
    assert needed <= environment("http://127.0.0.1:1").keys()
