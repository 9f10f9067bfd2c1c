"""`imgsearch index`: from what lies on the disk to what an index says of it.

`scan` holds the disk against the index, with `walk`, `look`, `status`, `unchanged` and `exclude`; `update`
carries out what it found, with `read`, `load` and `contents`; `remodel` gives an index another encoder; `repair` mends
one, `info` and `preview` look.
"""
