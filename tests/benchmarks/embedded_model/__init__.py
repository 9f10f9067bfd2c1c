"""How good and how fast the embedded model is: retrieval, robustness, speed; each beside what it is held against."""
