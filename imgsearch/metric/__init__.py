"""Linear metrics on frozen embeddings: fit(embeddings, labels) → L, with d(x, y) = ‖Lx − Ly‖."""
