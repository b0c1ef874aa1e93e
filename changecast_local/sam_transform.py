"""The SAM transform of a stack, with the Region of the request instead of os.environ."""

from typing import Any

import boto3
from ministack.core.responses import get_region
from samtranslator.translator import transform
from samtranslator.translator.translator import Translator


def install() -> None:
    """Give each translation a session in the Region of the request."""

    def translator(managed_policies: Any, parser: Any) -> Translator:
        session = boto3.Session(region_name=get_region())
        return Translator(managed_policies, parser, boto_session=session)

    transform.Translator = translator
