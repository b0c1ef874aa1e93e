"""Lint templates as they are really deployed: expanded first, so that nothing is overlooked."""

import json

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from samtranslator.model.exceptions import InvalidDocumentException

from tests.isolation.expand import REGION, Template, expand


def faults(template: Template) -> list[str]:
    """What the transform and cfn-lint find wrong with a template: what, and where."""
    try:
        plain = expand(template)
    except InvalidDocumentException as error:
        return [cause.message for cause in error.causes]
    matches = lint(json.dumps(plain), config=ManualArgs(regions=[REGION]))
    return [f"{match.rule.id} {match.message} at {match.path}" for match in matches]
