"""Miners by name; readable without torch. A new miner is a new file and a line here.

A miner is a callable `(embeddings (n, d) unit rows, labels (n,)) → Pairs or Triplets`, run without gradients; what is
random in it is drawn by torch's global generator, which the trainer seeds before each step. Its keyword parameters are
its options.
"""

MINERS = {
    "batch_all": "imgsearch.training.miners.batch_all:BatchAll",
    "multi_similarity": "imgsearch.training.miners.multi_similarity:MultiSimilarityMiner",
}
