"""For Python: `Index` and `Encoder` with the verbs of the command line, calls of its workflows with typed results.

    Index    index · query · duplicates
    Encoder  train · eval, and embed, which the command line does on the way

What a user can mend is raised as `imgsearch.UserError`; nothing is printed but progress, on a terminal.
"""
