"""report.html: the report as one page that needs nothing but itself.

`page` puts it together out of one module per section; `html`, `svg` and `document` are what these are written
with. A section has a `section(report)`, which gives "" where the run has nothing of the kind, and if it needs a
script one beside it of the same name (`whatif.py`, `whatif.js`).
"""
