"""A piece of HTML with a text form: what every view of the lab is made of.

Example:
    >>> view = View("<b>hello</b>", "hello")
    >>> view
    hello
    >>> view._repr_html_().endswith("<b>hello</b></div>")
    True
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape as _escape

STYLE = """<style>
.harbour{font-family:var(--jp-content-font-family,sans-serif);font-size:var(--jp-content-font-size1,14px);
 color:var(--jp-content-font-color1,#222);line-height:1.45;max-width:62rem}
.harbour table{border-collapse:collapse;margin:.4em 0;font-size:inherit}
.harbour table th,.harbour table td{text-align:left!important;vertical-align:top;padding:.25em .7em;
 border-bottom:1px solid var(--jp-border-color2,#ccc);color:inherit;white-space:normal;overflow-wrap:break-word;
 word-break:normal;max-width:36rem}
.harbour table tr{background:none!important}
.harbour th{font-weight:600}
.harbour.harbour pre,.harbour.harbour code{font-family:var(--jp-code-font-family,monospace);font-size:.92em;
 color:inherit;background:var(--jp-layout-color2,#f2f2f2);border-radius:3px}
.harbour.harbour pre{padding:.5em .7em;margin:.3em 0;white-space:pre-wrap;overflow-wrap:anywhere;
 word-break:normal}
.harbour.harbour code{padding:0 .25em}
.harbour .long{overflow-wrap:anywhere}
.harbour .whole{white-space:nowrap}
.harbour .columns{display:flex;flex-wrap:wrap;gap:1rem}
.harbour .columns>div{flex:1 1 19rem;min-width:0}
.harbour .title{font-weight:600;margin:.2em 0}
.harbour .quiet{color:var(--jp-content-font-color2,#555)}
.harbour .badge{display:inline-block;border:1.5px solid;border-radius:1em;padding:0 .6em;font-weight:600;
 font-size:.9em;white-space:nowrap}
.harbour .good{color:var(--jp-success-color0,#1b5e20)}
.harbour .bad{color:var(--jp-error-color0,#b71c1c)}
.harbour .warn{color:#9a4d00}
.harbour .box{border-left:4px solid var(--jp-border-color1,#888);padding:.3em .9em;margin:.5em 0}
.harbour .box.good{border-color:var(--jp-success-color1,#388e3c);color:inherit}
.harbour .box.bad{border-color:var(--jp-error-color1,#d32f2f);color:inherit}
.harbour .box.warn{border-color:var(--jp-warn-color1,#f57c00);color:inherit}
[data-jp-theme-light="false"] .harbour .good{color:#81c995}
[data-jp-theme-light="false"] .harbour .bad{color:#f5a19b}
[data-jp-theme-light="false"] .harbour .warn{color:#ffcc80}
[data-jp-theme-light="false"] .harbour .box{color:inherit}
</style>"""
"""One style for all views; JupyterLab sets the variables, and elsewhere the values behind the commas hold."""

MARKS = {"good": "✓", "bad": "✗", "warn": "!", "quiet": "·"}
"""The shape that goes with each colour."""


class View:
    """HTML to show, and the same as text.

    Args:
        html: markup in which everything from outside is escaped already.
        text: what a terminal or a screen reader gets.
    """

    def __init__(self, html: str, text: str) -> None:
        self.html = html
        self.text = text

    def _repr_html_(self) -> str:
        return f'{STYLE}<div class="harbour">{self.html}</div>'

    def __repr__(self) -> str:
        return self.text


def escape(value: object) -> str:
    """Make any value safe to stand in HTML.

    Example:
        >>> escape("<script>")
        '&lt;script&gt;'
    """
    return _escape(str(value), quote=True)


def prose(text: str) -> str:
    """Make a sentence safe to stand in HTML, with what stands in backticks as code.

    Example:
        >>> prose("send `a<b`")
        'send <code>a&lt;b</code>'
    """
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))


def badge(kind: str, word: str) -> str:
    """Write a word with its shape in its colour.

    Args:
        kind: `good`, `bad`, `warn` or `quiet`.
        word: what it says.
    """
    return f'<span class="badge {kind}">{MARKS[kind]} {escape(word)}</span>'


def box(kind: str, inner: str) -> str:
    """Put markup into a box with a coloured edge."""
    return f'<div class="box {kind}">{inner}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """Write a table; the cells are markup already."""
    parts = ["<table>"]
    parts += [f"<caption class='quiet'>{escape(caption)}</caption>"] if caption else []
    parts += ["<tr>", *(f'<th scope="col">{escape(name)}</th>' for name in head), "</tr>"]
    parts += ["<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows]
    return "".join([*parts, "</table>"])


def in_words(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write what a picture shows as a table that can be opened below it."""
    cells = [[escape(cell) for cell in row] for row in rows]
    return f"<details><summary>The same in words</summary>{table(head, cells)}</details>"


def plain_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> View:
    """Show rows of plain values, in both forms.

    Example:
        >>> plain_table(["door", "trips"], [["token", 0], ["session", 1]])
        door     trips
        -------  -----
        token    0
        session  1
    """
    texts = [[str(value) for value in row] for row in rows]
    return View(table(head, [[escape(text) for text in row] for row in texts]), text_table(head, texts))


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table as text, in columns.

    Example:
        >>> print(text_table(["door", "bytes"], [["token", "812"], ["session", "43"]]))
        door     bytes
        -------  -----
        token    812
        session  43
    """
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    lines.insert(1, ["-" * width for width in widths])
    padded = ("  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)
