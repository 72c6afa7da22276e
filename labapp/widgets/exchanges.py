"""Requests and responses side by side: the same story at both doors.

Credentials are shortened; a picture of a screen must not open a door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labapp.client.exchange import Exchange
from labapp.clock import stamp
from labapp.widgets.view import View, badge, escape, table, text_table


def side_by_side(columns: Mapping[str, Exchange]) -> View:
    """Show exchanges in columns, each under a title.

    Args:
        columns: title → exchange, for example `{"token door": …, "session door": …}`.
    """
    html = "".join(
        f'<div><div class="title">{escape(title)} {_status(exchange)}</div><pre>{escape(_body(exchange))}</pre></div>'
        for title, exchange in columns.items()
    )
    text = "\n\n".join(f"{title}\n{_body(exchange)}" for title, exchange in columns.items())
    return View(f'<div class="columns">{html}</div>', text)


def exchange_list(exchanges: Sequence[Exchange]) -> View:
    """Show exchanges as a table: who asked for what, at which lab time, and what came back."""
    head = ["#", "lab time", "who", "request", "answer"]
    rows = [
        [str(e.seq), _clock(e), e.who, f"{e.request.method} {_short(e.request.url)}", str(e.response.status)]
        for e in exchanges
    ]
    marked = [[*map(escape, row[:-1]), _status(e)] for row, e in zip(rows, exchanges, strict=True)]
    return View(table(head, marked), text_table(head, rows))


def _status(exchange: Exchange) -> str:
    status = exchange.response.status
    return badge("good" if status < 300 else "warn" if status < 400 else "bad", str(status))


def _body(exchange: Exchange) -> str:
    return exchange.as_text(masked=True)


def _clock(exchange: Exchange) -> str:
    return stamp(exchange.at)[11:19]


def _short(url: str) -> str:
    return url.removeprefix("https://").partition("?")[0]
