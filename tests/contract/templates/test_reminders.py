"""The parameter Reminders takes what the code takes, and costs nothing while it is empty."""

import re

import pytest

from changecast.contract.errors import ContractError
from changecast.contract.reminder import seconds_before
from testbed.expand import read

PARAMETER = read("template.yaml")["Parameters"]["Reminders"]


@pytest.mark.parametrize(
    "setting",
    ["", "none", "24h,1h", "1h,2h,3h,4h", "30min", "7d", "1h,2h,3h,4h,5h", "0h", "1w", "24", "1h,"],
)
def test_the_parameter_and_the_code_agree(setting: str) -> None:
    fits = re.fullmatch(PARAMETER["AllowedPattern"], setting) is not None
    if fits:
        seconds_before(setting)
    else:
        with pytest.raises(ContractError):
            seconds_before(setting)


def test_nobody_is_reminded_unless_the_customer_says_so() -> None:
    assert PARAMETER["Default"] == ""
