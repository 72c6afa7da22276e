"""What the lessons show: views over plain data, for a notebook.

Every view is made by a pure function that returns HTML text, so it can be tested without a notebook, and has a text
form
that says the same, for terminals, screen readers and notebooks without widgets.
Colour never stands alone: a shape or a word is beside it.
The colours are JupyterLab's own variables, so they follow its light and dark theme.

| module | what it shows |
|---|---|
| `view` | the common ground: a piece of HTML with its text form, tables, badges |
| `exchanges` | requests and responses, side by side |
| `time_machine` | the lab's clock, with buttons |
| `predict` | a prediction, and then the outcome beside it |
| `verdict` | the report on an answer |
| `report_card` | which exercises are done, by the article's four words |
| `cell` | the `%%answer` cell |
"""
