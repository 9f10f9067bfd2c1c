"""The four things that imgsearch does, for the command line and for Python alike."""
