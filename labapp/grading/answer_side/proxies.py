"""The services that an answer is given: each stands for something that lives on the trusted side.

An answer gets proxies and nothing else: `redis` is an ordinary redis-py client, `http` sends one request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from labapp.grading.answer_side import Ask

Http = Callable[..., tuple[int, dict[str, str], Any]]


def make(content: Mapping[str, Any], ask: Ask) -> object:
    """Make the object that the answer's function receives.

    Args:
        content: what the `$proxy` tag holds: its `kind`, and whatever that kind needs.
        ask: sends to this service.
    """
    if content["kind"] == "redis":
        # Imported here, because an answer that needs no store should not wait for redis-py where nothing is warm.
        from labapp.grading.answer_side.redis_pipe import redis_client

        return redis_client(ask, decode_responses=bool(content["decode_responses"]))
    return http_function(ask)


def http_function(ask: Ask) -> Http:
    """Return `http(method, url, headers, body)`, which sends one request and returns status, headers and body."""

    def http(
        method: str, url: str, headers: Mapping[str, str] | None = None, body: str | bytes | None = None
    ) -> tuple[int, dict[str, str], Any]:
        status, sent_headers, sent_body = ask([method, url, dict(headers or {}), body])
        return status, sent_headers, sent_body

    return http
