"""`imgsearch eval --report`: all that an evaluation came to, as one page to look at.

`page` puts it together, each other file is a part of it; it looks as report.css says and does what tables.js and
map.js say.
"""

from imgsearch.cli.report.page import write_report

__all__ = ["write_report"]
