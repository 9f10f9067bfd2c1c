"""`imgsearch eval --report`: all that an evaluation came to, as one page to look at.

`page` puts it together, each other file is a part of it; it looks as report.css says and does what tables.js and map.js
say. Nothing is imported here, so that `option` costs the command line nothing.
"""
