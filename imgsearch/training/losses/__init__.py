"""Losses by name; readable without torch. A new loss is a new file and a line here.

`imgsearch.training.loss` says what a loss is. Its keyword parameters are its options; one named `classes` or
`dimension` is given the number of training classes or the length of the embeddings.
"""

LOSSES = {
    "multi_similarity": "imgsearch.training.losses.multi_similarity:MultiSimilarityLoss",
    "normalised_softmax": "imgsearch.training.losses.normalised_softmax:NormalisedSoftmaxLoss",
}
