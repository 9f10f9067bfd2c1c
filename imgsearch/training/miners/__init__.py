"""Miners by name; readable without torch. A new miner is a new file and a line here.

A miner is a callable `(embeddings (n, d) unit rows, labels (n,)) → Pairs or Triplets`, run without gradients; what is
random in it is drawn by torch's global generator, which the trainer seeds before each step. Its keyword parameters are
its options.
"""

MINERS = {
    "as_sampled": "imgsearch.training.miners.as_sampled:AsSampled",
    "batch_all": "imgsearch.training.miners.batch_all:BatchAll",
    "batch_hard": "imgsearch.training.miners.batch_hard:BatchHardMiner",
    "distance_weighted": "imgsearch.training.miners.distance_weighted:DistanceWeightedMiner",
    "easy": "imgsearch.training.miners.bands:EasyMiner",
    "hard": "imgsearch.training.miners.bands:HardMiner",
    "multi_similarity": "imgsearch.training.miners.multi_similarity:MultiSimilarityMiner",
    "n_pair": "imgsearch.training.miners.n_pair:NPairMiner",
    "semi_hard": "imgsearch.training.miners.bands:SemiHardMiner",
}
