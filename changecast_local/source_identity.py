"""The source identity of a role session, which ministack lacks.

It is set once, when a person assumes the first role, and stays in every role after it. A role's
trust policy must allow `sts:SetSourceIdentity`.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
"""

import dataclasses
import re
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_evaluator
from ministack.core.router import extract_access_key_id
from ministack.services import sts
from ministack.services.iam import _error

KEY, ACTION = "SourceIdentity", "sts:SetSourceIdentity"
_FORM = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_asked: ContextVar[str] = ContextVar("source_identity", default="")


def install() -> None:
    """Let AssumeRole set a source identity, and every request of the session have it."""
    handle, register = sts.handle_request, sts.register_session
    principal_keys, trusts = iam_evaluator._principal_keys, iam_evaluator.evaluate_trust_policy

    async def with_identity(
        method: str, path: str, headers: dict[str, str], body: bytes, params: Any
    ) -> Any:
        asked, own = _parameter(body, params), _of_caller(headers, params)
        if asked and (not _FORM.fullmatch(asked) or own not in ("", asked)):
            return _error(403, "AccessDenied", f"{ACTION}: {asked} is refused", ns="sts")
        token = _asked.set(asked or own)
        try:
            return await handle(method, path, headers, body, params)
        finally:
            _asked.reset(token)

    def registered(access_key: str, session: dict[str, Any]) -> None:
        register(access_key, session | ({KEY: _asked.get()} if _asked.get() else {}))

    def with_source(credential: Any) -> dict[str, Any]:
        session = sts._sessions.get(credential.access_key_id) or {}
        found: dict[str, Any] = principal_keys(credential)
        return found | ({"aws:sourceidentity": session[KEY]} if session.get(KEY) else {})

    def trusted(document: Any, caller: str, context: Any, *more: Any, **named: Any) -> bool:
        allowed = bool(trusts(document, caller, context, *more, **named))
        if not (allowed and _asked.get()) or context.action == ACTION:
            return allowed
        keys = {**context.service_context, "sts:sourceidentity": _asked.get()}
        setting = dataclasses.replace(context, action=ACTION, service_context=keys)
        return bool(trusts(document, caller, setting, *more, **named))

    sts.handle_request, sts.register_session = with_identity, registered
    iam_evaluator._principal_keys = sts._principal_keys = with_source
    iam_evaluator.evaluate_trust_policy = trusted


def _parameter(body: bytes, params: Any) -> str:
    """Return the SourceIdentity of an AssumeRole request; "" for any other."""
    form = parse_qs(body.decode("utf-8", "replace")) or params or {}
    is_asked = form.get("Action") in (["AssumeRole"], "AssumeRole")
    values = form.get(KEY, "") if is_asked else ""
    return values[0] if isinstance(values, list) else str(values)


def _of_caller(headers: dict[str, str], params: Any) -> str:
    session = sts._sessions.get(extract_access_key_id(headers, params) or "") or {}
    return str(session.get(KEY, ""))
