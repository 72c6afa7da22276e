"""One WSGI app of everything that is served: identity under `/id`, the bank under `/bank`, and the rest.

On a loopback address only names of this machine are accepted as `Host`, so that a page of another site cannot reach the
bank by pointing its own name at 127.0.0.1 (DNS rebinding).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from labapp import clock
from labapp.audit import Trail
from labapp.profiles import profile
from labapp.store import Store
from labapp.tokens.keys import KeyRing, SigningKey
from labapp.web.assembly import Assembly, assemble
from labapp.web.plumbing import new_app
from labapp.web.serving.control import create_control
from labapp.web.serving.openapi import describe
from labapp.web.serving.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def build(settings: Settings) -> Any:
    """Build the app of one worker.

    Args:
        settings: what all workers agree on.

    Returns:
        A WSGI app.

    Raises:
        StorageUnavailableError: the store does not answer.
    """
    store = settings.open_store()
    clock.keep(store.clock)
    bank = assemble(
        profile(settings.profile),
        store=store,
        trail=Trail(settings.trail, salt=settings.salt),
        ring=KeyRing(keys=[SigningKey.from_private_jwk(settings.signing_key)]),
        revocation=settings.revocation,
        passwords=settings.passwords,
        issuer=f"{settings.base}/id",
    )
    mounts: dict[str, Any] = {"/id": bank.apps["identity"], "/bank": bank.apps["bank"]}
    if settings.control_token is not None:
        mounts["/_lab"] = create_control(bank, settings.control_token, settings.passwords)
    root = _root(store, settings, bank)
    if is_loopback(urlsplit(settings.base).hostname or ""):
        for app in (root, *mounts.values()):
            app.config["TRUSTED_HOSTS"] = list(LOOPBACK)
    return DispatcherMiddleware(root, mounts)


def is_loopback(host: str) -> bool:
    """Does this name mean this very machine?

    Example:
        >>> [is_loopback(host) for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "192.0.2.1")]
        [True, True, True, False, False]
    """
    return host in ("localhost", "::1") or host.startswith("127.")


def _root(store: Store, settings: Settings, bank: Assembly) -> Flask:
    app = new_app("harbour")
    description = describe(settings.base, bank.apps, with_control=settings.control_token is not None)

    def health() -> dict[str, str]:
        store.redis.ping()
        return {"status": "ok", "store": "ok"}

    def openapi() -> dict[str, Any]:
        return description

    app.view_functions["healthz"] = health
    app.add_url_rule("/openapi.json", view_func=openapi)
    return app
