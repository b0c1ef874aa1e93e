"""Lint templates as they are deployed: expanded first, so that nothing is overlooked."""

import json

from samtranslator.model.exceptions import InvalidDocumentException

from testbed.expand import REGION, Template, expand

# SAM repeats the condition of a function in the body of its API, which has it too.
REPEATED = "W1028"


def faults(template: Template) -> list[str]:
    """What the transform and cfn-lint find wrong with a template: what, and where."""
    from cfnlint.api import lint  # noqa: PLC0415 - 1.3 s, which every worker would take to collect
    from cfnlint.config import ManualArgs  # noqa: PLC0415

    try:
        plain = expand(template)
    except InvalidDocumentException as error:
        return [cause.message for cause in error.causes]
    matches = lint(json.dumps(plain), config=ManualArgs(regions=[REGION]))
    return [
        f"{match.rule.id} {match.message} at {match.path}"
        for match in matches
        if not (match.rule.id == REPEATED and "Body" in match.path)
    ]
