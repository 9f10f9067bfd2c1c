"""Finding, opening and preprocessing pictures."""
