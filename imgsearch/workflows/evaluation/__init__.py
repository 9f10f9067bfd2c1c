"""`imgsearch eval`: protocols, what they measure, and all that a report shows of it.

`result` is what an evaluation comes to; everything that prints, writes or draws takes that and nothing else.
"""
