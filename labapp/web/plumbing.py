"""Bodies, errors, headers: what every service does alike.

- Bodies are read strictly: at most 64 KiB, UTF-8, a JSON object with no member twice, a form with no parameter twice
  (RFC 6749 section 3.2).
- Every error is JSON in the words of RFC 6749 section 5.2 and RFC 6750 section 3.1, from one table.
  It never shows a traceback, and never repeats what was sent.
- Nothing may be cached: every answer is about somebody (`Cache-Control: no-store`).
- The clock is read once per request; `now()` returns that reading.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, current_app, g, jsonify, request
from werkzeug.exceptions import HTTPException

from labapp import clock
from labapp.audit import Trail
from labapp.errors import (
    CsrfError,
    ExpiredSessionError,
    InsufficientScopeError,
    InvalidGrantError,
    InvalidLoginError,
    LabError,
    StepUpRequiredError,
    StorageUnavailableError,
    UnknownSessionError,
)
from labapp.tokens.refusals import REFUSALS

MAX_BODY = 64 * 1024


class BadRequestError(LabError):
    """The request is not one that this service understands; becomes `invalid_request`.

    Attributes:
        code: the word for it, from RFC 6749 section 5.2.
    """

    def __init__(self, message: str, *, code: str = "invalid_request") -> None:
        super().__init__(message)
        self.code = code


class NoCredentialError(LabError):
    """Nothing was presented at all: the answer is a bare challenge.

    Attributes:
        scheme: what to present, `Bearer` or `Session`.
    """

    def __init__(self, message: str, *, scheme: str) -> None:
        super().__init__(message)
        self.scheme = scheme


class InvalidClientError(LabError):
    """The program that asks is not one that we know (RFC 6749 section 5.2)."""


def new_app(service: str) -> Flask:
    """Make an app with the plumbing in place.

    Args:
        service: its name, as realm, and in the trail.
    """
    app = Flask(service, static_folder=None)
    app.url_map.merge_slashes = False  # a redirect would be a page of HTML, and repeat what was sent
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, SERVICE=service)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.before_request(_read_clock)
    app.after_request(_no_store)
    for kind in (LabError, *REFUSALS):
        app.register_error_handler(kind, _refuse)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault)

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"service": service, "status": "ok"}

    return app


def now() -> float:
    """Return the time of this request: the service's clock, read once."""
    return float(g.now)


def client() -> str:
    """Say where this request came from, for the trail and the list of devices."""
    agent = "".join(c for c in request.headers.get("User-Agent", "") if c.isprintable())
    return f"{request.remote_addr or '?'} {agent[:80]}".strip()


def note(
    trail: Trail,
    event: str,
    *,
    door: str,
    user: str | None,
    credential: str | None = None,
    outcome: str = "ok",
    **detail: Any,
) -> None:
    """Record what this request did: its service, time and origin are filled in."""
    trail.record(
        event,
        at=now(),
        service=current_app.config["SERVICE"],
        outcome=outcome,
        user=user,
        client=client(),
        credential=credential,
        door=door,
        **detail,
    )


def read_json() -> dict[str, Any]:
    """Return the request's JSON object.

    Raises:
        BadRequestError: it is not JSON, not UTF-8, not an object, or says something twice.
    """
    if request.mimetype != "application/json":
        raise BadRequestError("send application/json")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        members = dict(pairs)
        if len(members) != len(pairs):
            raise BadRequestError("a member of the JSON object is there twice")
        return members

    try:
        value = json.loads(
            request.get_data().decode("utf-8"), object_pairs_hook=once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise BadRequestError("the body is not JSON in UTF-8") from error
    if not isinstance(value, dict):
        raise BadRequestError("the body must be a JSON object")
    return value


def read_form() -> dict[str, str]:
    """Return the request's form parameters.

    Raises:
        BadRequestError: it is no form, or a parameter is there twice.
    """
    if request.mimetype != "application/x-www-form-urlencoded":
        raise BadRequestError("send application/x-www-form-urlencoded")
    for name in request.form:
        if len(request.form.getlist(name)) > 1:
            raise BadRequestError("a parameter is there twice")
    return {name: value for name, value in request.form.items() if value}


def text(values: dict[str, Any], name: str, default: str | None = None, *, longest: int = 1024) -> str:
    """Return a member that must be plain text.

    Raises:
        BadRequestError: it is missing, not text, too long, or holds what cannot be printed.
    """
    value = values.get(name, default)
    if value is None:
        raise BadRequestError(f"{name} is missing")
    if not isinstance(value, str) or len(value) > longest or (value and not value.isprintable()):
        raise BadRequestError(f"{name} must be plain text of at most {longest} characters")
    return value


def error(status: int, code: str, description: str, **headers: str) -> Response:
    """Answer with an error in the words of RFC 6749 and RFC 6750."""
    response = jsonify(error=code, error_description=description)
    response.status_code = status
    for name, value in headers.items():
        response.headers[name.replace("_", "-")] = value
    return response


def challenge(scheme: str, code: str | None = None, description: str = "", **more: str) -> str:
    """Write a WWW-Authenticate value; without a code when no credential was presented at all (RFC 6750 section 3.1)."""
    parameters = {"realm": current_app.config["SERVICE"]}
    if code is not None:
        parameters |= {"error": code, "error_description": description.replace('"', "'").replace("\\", "/")}
    parameters |= more
    return f"{scheme} " + ", ".join(f'{name}="{value}"' for name, value in parameters.items())


def _refuse(refusal: Exception) -> Response:
    """Turn an error into an answer, by the one table for all services."""
    for kind, answer in _ANSWERS:
        if isinstance(refusal, kind):
            return answer(refusal, str(refusal))
    return _fault(refusal)


def _challenged(scheme: str, status: int, code: str) -> Callable[[Any, str], Response]:
    def answer(refusal: Any, message: str) -> Response:
        word = getattr(refusal, "code", code)
        more = {"scope": refusal.needed} if isinstance(refusal, InsufficientScopeError) else {}
        more |= {"max_age": str(refusal.max_age)} if isinstance(refusal, StepUpRequiredError) else {}
        return error(status, word, message, WWW_Authenticate=challenge(scheme, word, message, **more))

    return answer


def _unavailable(refusal: Any, message: str) -> Response:
    return error(
        503, "temporarily_unavailable", "the store does not answer; try again later", Retry_After="1"
    )


_ANSWERS: list[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any, str], Response]]] = [
    (StorageUnavailableError, _unavailable),
    (InvalidGrantError, lambda refusal, message: error(400, refusal.code, message)),
    ((UnknownSessionError, ExpiredSessionError), _challenged("Session", 401, "invalid_session")),
    (REFUSALS, _challenged("Bearer", 401, "invalid_token")),
    (
        NoCredentialError,
        lambda refusal, message: error(
            401, "unauthorized", message, WWW_Authenticate=challenge(refusal.scheme)
        ),
    ),
    (
        InvalidLoginError,
        lambda _, message: error(401, "invalid_login", message, WWW_Authenticate=challenge("Login")),
    ),
    (
        InvalidClientError,
        lambda _, message: error(401, "invalid_client", message, WWW_Authenticate=challenge("Basic")),
    ),
    (InsufficientScopeError, _challenged("Bearer", 403, "insufficient_scope")),
    # RFC 9470: the word, and how fresh the login must be.
    (StepUpRequiredError, _challenged("Bearer", 401, "insufficient_user_authentication")),
    (CsrfError, lambda _, message: error(403, "csrf", message)),
    (BadRequestError, lambda refusal, message: error(400, refusal.code, message)),
]


def _http_error(failure: HTTPException) -> Response:
    status = failure.code or 500
    words = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type"}
    response = error(
        status, words.get(status, "invalid_request" if status < 500 else "server_error"), failure.name
    )
    if status == 405 and getattr(failure, "valid_methods", None):
        response.headers["Allow"] = ", ".join(sorted(failure.valid_methods))  # type: ignore[attr-defined]
    return response


def _fault(failure: Exception) -> Response:
    """Answer for a bug of ours: it is logged where operators look, and the caller learns nothing of it."""
    current_app.logger.exception("a fault in %s", current_app.config["SERVICE"], exc_info=failure)
    return error(500, "server_error", "something went wrong here; it has been logged")


def _read_clock() -> None:
    g.now = clock.now()


def _no_store(response: Response) -> Response:
    if request.method == "OPTIONS" and response.mimetype != "application/json" and not response.get_data():
        response.data, response.mimetype = b"{}\n", "application/json"  # Flask's own answer is an empty page
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")
