"""What stands in the store: names, remaining lives, values; the server's memory, laid open.

Example:
    >>> from labapp.store import Entry
    >>> store_table([Entry("session:1a2b", "string", 900.0, '{"user":"alice"}')])
    key           type    lives on  value
    ------------  ------  --------  ----------------
    session:1a2b  string  15 min    {"user":"alice"}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from labapp.store import Entry
from labapp.widgets.time_machine import since
from labapp.widgets.view import View, escape, table, text_table

HEAD = ("key", "type", "lives on", "value")


def store_table(entries: Iterable[Entry], prefix: str = "", kinds: Sequence[str] = ()) -> View:
    """Show entries of the store.

    Args:
        entries: as `Store.entries` gives them.
        prefix: left out of the names.
        kinds: which kinds of key to show, by what stands before the colon; all unless given.
    """
    shown = [e for e in entries if not kinds or e.key.removeprefix(prefix).partition(":")[0] in kinds]
    rows = [[_name(e.key.removeprefix(prefix)), e.type, _life(e.ttl), _value(e.value)] for e in shown]
    cells = [
        [
            f'<code class="whole">{escape(key)}</code>',
            escape(kind),
            _span("whole", life),
            _span("long", value),
        ]
        for key, kind, life, value in rows
    ]
    if not rows:
        return View(
            "<span class='quiet'>the store holds nothing of this kind</span>", "(nothing of this kind)"
        )
    return View(table(HEAD, cells), text_table(HEAD, rows))


def _span(width: str, text: str) -> str:
    return f'<span class="{width}">{escape(text)}</span>'


def _name(key: str) -> str:
    kind, _, rest = key.partition(":")
    return f"{kind}:{rest[:10]}…" if len(rest) > 24 else key


def _life(ttl: float | None) -> str:
    return "for ever" if ttl is None else since(ttl)


def _value(value: object) -> str:
    if isinstance(value, dict):
        value = ", ".join(f"{name}={_short(item)}" for name, item in value.items() if item != "")
    elif isinstance(value, list):
        value = ", ".join(_short(item[0] if isinstance(item, tuple) else item) for item in value)
    return _short(value, 160)


def _short(value: object, longest: int = 24) -> str:
    text = str(value)
    return text if len(text) <= longest else text[: longest - 1] + "…"
