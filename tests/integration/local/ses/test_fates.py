"""What happens to a mail, depending on its address."""

import pytest

from changecast_local import faults
from changecast_local.ses import fates
from changecast_local.ses.events import NAMES


def test_a_fault_can_name_every_outcome() -> None:
    assert set(fates.OUTCOMES) == set(faults.OUTCOMES)


def test_every_happening_has_a_name_on_the_bus() -> None:
    for fate in [*fates.OUTCOMES.values(), fates.UNSUBSCRIBED, fates.SUPPRESSED]:
        assert {kind for kind, _ in fate.happenings("ann@acme.example")} <= set(NAMES)


@pytest.mark.parametrize(
    ("address", "outcome"),
    [
        ("bounce@simulator.amazonses.com", "bounce"),
        ("Bounce+a+b@Simulator.AmazonSES.com", "bounce"),
        ("suppressionlist@simulator.amazonses.com", "suppressed"),
    ],
)
def test_the_simulator_knows_its_addresses(address: str, outcome: str) -> None:
    assert fates.simulated(address) is fates.OUTCOMES[outcome]


@pytest.mark.parametrize(
    "address",
    ["bounce@acme.example", "bounce@simulator.amazonses.com.example", "x@simulator.amazonses.com"],
)
def test_the_simulator_knows_nobody_else(address: str) -> None:
    assert fates.simulated(address) is None


def test_a_delayed_mail_arrives_in_the_end() -> None:
    told = fates.OUTCOMES["delivery_delay"].happenings("ann@acme.example")
    assert [kind for kind, _ in told] == ["Send", "DeliveryDelay", "Delivery"]
