"""Proofs that an index cannot be broken, each a module with a command line of its own."""
