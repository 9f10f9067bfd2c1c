"""Training deep metrics; the only package that imports torch, and only in its modules, never here."""
