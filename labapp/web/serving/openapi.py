"""The routes described for programs, as OpenAPI 3.1.

What is said of each route stands in `ROUTES`; the paths come from the apps themselves, so a route that nobody described
is an error here and a failing test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flask import Flask

from labapp.errors import SetupError

TEXT = {"type": "string"}
CREDENTIALS = {"username": TEXT, "password": TEXT}
PAIR = {
    "access_token": TEXT,
    "token_type": {"const": "Bearer"},
    "expires_in": {"type": "integer"},
    "refresh_token": TEXT,
    "refresh_expires_in": {"type": "integer"},
    "scope": TEXT,
}
LOGGED_IN = {"user": TEXT, "csrf_token": TEXT}
ACCOUNT = {"number": TEXT, "owner": TEXT, "balance": {"type": "integer"}}
DEVICE = {
    "handle": TEXT,
    "device": TEXT,
    "created": {"type": "integer"},
    "last_seen": {"type": "integer"},
    "auth_time": {"type": "integer"},
    "idle_until": {"type": "integer"},
    "absolute_until": {"type": "integer"},
    "present": {"type": "boolean"},
}
ENDED = {"sessions": {"type": "integer"}, "logins": {"type": "integer"}}


def _object(properties: Mapping[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": sorted(properties) if required is None else required,
    }


def _list(of: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _object(of)}


def _json(properties: Mapping[str, Any], required: list[str] | None = None) -> tuple[str, dict[str, Any]]:
    return "application/json", _object(properties, required)


def _form(properties: Mapping[str, Any], required: list[str] | None = None) -> tuple[str, dict[str, Any]]:
    return "application/x-www-form-urlencoded", _object(properties, required)


Route = tuple[str, str, tuple[str, dict[str, Any]] | None, int, dict[str, Any]]
_SESSION: dict[str, Route] = {
    "POST /web/login": ("Open a session", "none", _json(CREDENTIALS), 200, LOGGED_IN),
    "POST /web/logout": ("End this session", "session", None, 200, {"logged_out": {"type": "boolean"}}),
    "POST /web/logout-everywhere": ("End every session and login", "session", None, 200, ENDED),
    "GET /web/csrf": ("The token for state-changing requests", "session", None, 200, {"csrf_token": TEXT}),
    "GET /web/session": ("The present session", "session", None, 200, {"user": TEXT, **DEVICE}),
    "POST /web/reauthenticate": (
        "Prove who one is again",
        "session",
        _json({"password": TEXT}),
        200,
        LOGGED_IN,
    ),
    "GET /web/devices": ("One's own sessions", "session", None, 200, {"devices": _list(DEVICE)}),
    "DELETE /web/devices/<handle>": ("End one of them", "session", None, 200, {"ended": {"type": "boolean"}}),
    "POST /web/password": (
        "Change the password",
        "session",
        _json({"password": TEXT, "new_password": TEXT}),
        200,
        LOGGED_IN,
    ),
}


def _behind(prefix: str, door: str) -> dict[str, Route]:
    me = {"user": TEXT, "door": TEXT, "roles": {"type": "array"}, "scope": {"type": ["string", "null"]}}
    transfer = {"from": TEXT, "to": TEXT, "cents": {"type": "integer"}, "balance": {"type": "integer"}}
    body = _json({"to": TEXT, "cents": {"type": "integer", "minimum": 1}})
    return {
        f"GET {prefix}/me": ("Who is calling", door, None, 200, me),
        f"GET {prefix}/accounts": ("One's own accounts", door, None, 200, {"accounts": _list(ACCOUNT)}),
        f"GET {prefix}/accounts/<number>": ("One account", door, None, 200, ACCOUNT),
        f"POST {prefix}/transfers": ("Move money", door, body, 201, transfer),
        f"GET {prefix}/admin/users": ("Everybody", door, None, 200, {"users": {"type": "array"}}),
    }


_LOGIN = _json({**CREDENTIALS, "client_id": TEXT, "scope": TEXT}, ["username", "password"])
_REFRESH = _form(
    {"grant_type": {"const": "refresh_token"}, "refresh_token": TEXT, "client_id": TEXT, "scope": TEXT},
    ["grant_type", "refresh_token", "client_id"],
)
_HEALTH: Route = ("Is it there?", "none", None, 200, {"status": TEXT})

ROUTES: dict[str, dict[str, Route]] = {
    "identity": {
        "GET /healthz": _HEALTH,
        "POST /login": ("Log in for tokens", "none", _LOGIN, 200, PAIR),
        "POST /token": ("Exchange a refresh token", "none", _REFRESH, 200, PAIR),
        "POST /revoke": ("End a token", "none", _form({"token": TEXT, "client_id": TEXT}), 200, {}),
        "POST /logout": ("End this login", "bearer", None, 200, {"logged_out": {"type": "boolean"}}),
        "POST /logout-everywhere": ("End every login and session", "bearer", None, 200, ENDED),
        "GET /.well-known/jwks.json": ("The public keys", "none", None, 200, {"keys": {"type": "array"}}),
        "GET /.well-known/oauth-authorization-server": ("The issuer", "none", None, 200, {"issuer": TEXT}),
    },
    "bank": {"GET /healthz": _HEALTH, **_behind("/api", "bearer"), **_behind("/web", "session"), **_SESSION},
}
"""Service → method and path → what it does, what it needs, its body, its status, and the members of its answer."""

MOUNTS = {"identity": "/id", "bank": "/bank"}


def describe(base: str, apps: Mapping[str, Flask], *, with_control: bool) -> dict[str, Any]:
    """Describe what is served.

    Args:
        base: where it is reached.
        apps: service → app.
        with_control: is the instructor's panel there? It is mentioned, and described in `docs/http.md` only.

    Raises:
        SetupError: an app has a route that nobody described.
    """
    paths: dict[str, dict[str, Any]] = {
        "/healthz": {"get": _operation("/healthz", "get", _HEALTH)},
        "/openapi.json": {
            "get": _operation(
                "/openapi.json", "get", ("This description", "none", None, 200, {"openapi": TEXT})
            )
        },
    }
    for service, app in apps.items():
        for method, rule in routes(app):
            said = ROUTES[service].get(f"{method} {rule}")
            if said is None:
                raise SetupError(
                    f"{method} {rule} of {service} is not described in labapp/web/serving/openapi.py"
                )
            path = MOUNTS[service] + rule.replace("<", "{").replace(">", "}")
            paths.setdefault(path, {})[method.lower()] = _operation(path, method.lower(), said)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The Harbour bank",
            "version": "1",
            "description": "A teaching lab; docs/http.md is the contract."
            + (" The instructor's panel is on." if with_control else ""),
        },
        "servers": [{"url": base}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "at+jwt"},
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session"},
            },
            "schemas": {"Error": _object({"error": TEXT, "error_description": TEXT})},
        },
    }


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    """Give every method and path of an app that somebody can call."""
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.rule


def _operation(path: str, method: str, said: Route) -> dict[str, Any]:
    summary, needs, body, status, answer = said
    error = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    codes = ["400", "404", "405", "413", "503"] + (["401", "403"] if needs != "none" or body else [])
    operation: dict[str, Any] = {
        "operationId": method + re.sub(r"\W+", "_", path),
        "summary": summary,
        "responses": {
            str(status): {
                "description": "done",
                "content": {"application/json": {"schema": _object(answer)}},
            },
            **{code: {"description": "refused", **error} for code in codes},
        },
    }
    if needs != "none":
        operation["security"] = [{needs: []}]
    if body is not None:
        kind, schema = body
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    if names := re.findall(r"{(\w+)}", path):
        operation["parameters"] = [{"name": n, "in": "path", "required": True, "schema": TEXT} for n in names]
    return operation
