"""The evidence of a change as a file, as `changecast evidence` writes it."""

import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from changecast_cli.evidence.export import Scope, export

_UNFIT = re.compile("[^A-Za-z0-9._-]+")


def evidence(request: Request) -> Response:
    """Return the evidence of a change: from the hub and, if requested, the customers."""
    aws, query = request.app.state.console.aws, request.query_params
    scope = Scope(query.get("id", ""), mails=query.get("of") != "hub")
    found = export(aws.session, aws.table, scope, datetime.now(UTC))
    name = _UNFIT.sub("-", scope.change_id).strip("-.") or "change"
    return Response(
        found.body,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="evidence-{name}.zip"'},
    )
