"""Miners by name; readable without torch. A new miner is a new file and a line here.

A miner is a callable `(embeddings (n, d) unit rows, labels (n,)) → Pairs`, run without gradients.
"""

MINERS = {
    "all": "imgsearch.training.miners.every:EveryPair",
    "multi_similarity": "imgsearch.training.miners.multi_similarity:MultiSimilarityMiner",
}
