"""A refresh-token family, drawn from the audit trail: every token it had, who exchanged it, and what came back.

The trail holds fingerprints only, so the picture shows no token.
Who sent a request is told by its address, as a responder would have to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from labapp.audit import Record
from labapp.clock import stamp
from labapp.widgets.view import View, escape, in_words, text_table

STEP, TOP, RADIUS = 118, 62, 19
_EVENTS = ("login", "rotate", "reuse", "refuse")


@dataclass(frozen=True)
class Node:
    """One refresh token of the family.

    Attributes:
        number: its place in the chain, from 1.
        at: when it was made, in lab seconds.
        made_for: who got it.
    """

    number: int
    at: float
    made_for: str


@dataclass(frozen=True)
class Return:
    """A token that came back and was refused.

    Attributes:
        number: the token's place in the chain, or 0 if the trail does not know it.
        at: when it came back.
        sent_by: who sent it.
        outcome: the word of the rule that refused.
    """

    number: int
    at: float
    sent_by: str
    outcome: str


@dataclass(frozen=True)
class Tree:
    """A family as the trail tells it."""

    nodes: Sequence[Node] = field(default_factory=list)
    returns: Sequence[Return] = field(default_factory=list)
    ended_at: float | None = None


def grow(records: Iterable[Record], family: str | None, names: Mapping[str, str] = {}) -> Tree:
    """Put a family together from the trail.

    Args:
        records: the trail.
        family: its ID; None for the one that began last.
        names: address → who sits there.
    """
    mine = [
        r for r in records if r.detail.get("door") == "token" and r.event in (*_EVENTS, "logout", "revoke")
    ]
    if family is None:
        begun = [r.detail.get("family") for r in mine if r.event == "login" and r.outcome == "ok"]
        family = str(begun[-1]) if begun else ""
    nodes: list[Node] = []
    returns: list[Return] = []
    places: dict[str | None, int] = {}
    ended: float | None = None
    for record in (r for r in mine if r.detail.get("family") == family):
        who = _who(record, names)
        if record.event in ("login", "rotate"):
            nodes.append(Node(len(nodes) + 1, record.at, who))
            places[record.credential] = len(nodes)
        elif record.event in ("reuse", "refuse"):
            returns.append(Return(places.get(record.credential, 0), record.at, who, record.outcome))
        if record.event in ("reuse", "logout", "revoke") and ended is None:
            ended = record.at
    return Tree(nodes, returns, ended)


def family_tree(
    records: Iterable[Record], family: str | None = None, names: Mapping[str, str] | None = None
) -> View:
    """Draw a family.

    Args:
        records: the trail.
        family: its ID; None for the one that began last.
        names: address → who sits there.
    """
    tree = grow(records, family, names or {})
    if not tree.nodes:
        return View("<span class='quiet'>no such family in the trail</span>", "(no such family in the trail)")
    rows = _rows(tree)
    head = ["token", "lab time", "who", "what happened"]
    return View(_picture(tree) + in_words(head, rows), text_table(head, rows))


def _rows(tree: Tree) -> list[list[str]]:
    rows = [
        (n.at, f"#{n.number}", n.made_for, "made at login" if n.number == 1 else f"given for #{n.number - 1}")
        for n in tree.nodes
    ]
    rows += [
        (r.at, f"#{r.number or '?'}", r.sent_by, f"came back, refused: {r.outcome}") for r in tree.returns
    ]
    if tree.ended_at is not None:
        rows.append((tree.ended_at, "all", "the bank", "the family is ended"))
    rows.sort(key=lambda row: row[0])
    return [[token, stamp(at)[11:19], who, what] for at, token, who, what in rows]


def _picture(tree: Tree) -> str:
    width = STEP * max(len(tree.nodes), 1) + 90
    height = TOP + (RADIUS + 60 if tree.returns or tree.ended_at is not None else RADIUS + 10)
    parts = [
        f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img" '
        'aria-label="The tokens of a family, from left to right; the same in words follows" '
        'style="max-width:100%;font:12px var(--jp-content-font-family,sans-serif)" fill="currentColor">'
    ]
    for node in tree.nodes:
        x = _x(node.number)
        if node.number > 1:
            parts.append(_line(x - STEP + RADIUS, TOP, x - RADIUS - 5, TOP) + _head(x - RADIUS))
        live = node.number == len(tree.nodes) and tree.ended_at is None
        fill = "currentColor" if live else "none"
        ink = "var(--jp-layout-color0,#fff)" if live else "currentColor"
        parts.append(
            f'<circle cx="{x}" cy="{TOP}" r="{RADIUS}" fill="{fill}" stroke="currentColor" stroke-width="2"/>'
        )
        parts.append(_text(x, TOP + 5, f"#{node.number}", ink, bold=True))
        parts += [_text(x, TOP - 42, stamp(node.at)[11:16]), _text(x, TOP - 27, node.made_for)]
    for index, back in enumerate(b for b in tree.returns if b.number):
        parts.append(_return(back, index))
    if tree.ended_at is not None:
        x = _x(len(tree.nodes)) + 52
        parts.append(f'<g class="bad">{_line(x, TOP - 34, x, TOP + 34, 5)}{_text(x, TOP + 52, "ended")}</g>')
    parts.append("</svg>")
    legend = "● live &nbsp; ○ used &nbsp; ✗ came back &nbsp; ▌ family ended"
    return "".join(parts) + f'<div class="quiet">{legend}</div>'


def _return(back: Return, index: int) -> str:
    x, y = _x(back.number), TOP + RADIUS + 16
    cross = _line(x - 6, y - 6, x + 6, y + 6, 3) + _line(x - 6, y + 6, x + 6, y - 6, 3)
    label = _text(x, y + 24 + 14 * (index % 2), f"{stamp(back.at)[11:16]} {back.sent_by}: {back.outcome}")
    return f'<g class="bad">{cross}{label}</g>'


def _who(record: Record, names: Mapping[str, str]) -> str:
    address = (record.client or "?").partition(" ")[0]
    return names.get(address, address)


def _x(number: int) -> int:
    return STEP * (number - 1) + 60


def _line(x1: float, y1: float, x2: float, y2: float, width: int = 2) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="currentColor" stroke-width="{width}"/>'


def _head(x: float) -> str:
    return f'<path d="M{x - 8},{TOP - 5} L{x},{TOP} L{x - 8},{TOP + 5} Z"/>'


def _text(x: float, y: float, text: str, fill: str = "currentColor", *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="middle" fill="{fill}"{weight}>{escape(text)}</text>'
