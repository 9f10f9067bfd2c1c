"""Losses by name; readable without torch. A new loss is a new file and a line here.

`imgsearch.training.loss` says what a loss is. Its keyword parameters are its options; one named `classes` or
`dimension` is given the number of training classes or the length of the embeddings.
"""

LOSSES = {
    "arcface": "imgsearch.training.losses.arcface:ArcFaceLoss",
    "bell_bala": "imgsearch.training.losses.bell_bala:BellBalaLoss",
    "contrastive": "imgsearch.training.losses.contrastive:ContrastiveLoss",
    "cross_modal": "imgsearch.training.losses.cross_modal:CrossModalLoss",
    "dbl": "imgsearch.training.losses.dbl:DistanceBasedLogisticLoss",
    "generalised_lifted": "imgsearch.training.losses.generalised_lifted:GeneralisedLiftedStructureLoss",
    "hierarchical_triplet": "imgsearch.training.losses.hierarchical_triplet:HierarchicalTripletLoss",
    "hinge_embedding": "imgsearch.training.losses.contrastive:HingeEmbeddingLoss",
    "histogram": "imgsearch.training.losses.histogram:HistogramLoss",
    "lifted": "imgsearch.training.losses.lifted:LiftedStructureLoss",
    "listwise_ap": "imgsearch.training.losses.listwise_ap:ListwiseAPLoss",
    "log_ratio": "imgsearch.training.losses.log_ratio:LogRatioLoss",
    "magnet": "imgsearch.training.losses.magnet:MagnetLoss",
    "margin": "imgsearch.training.losses.margin:MarginLoss",
    "multi_similarity": "imgsearch.training.losses.multi_similarity:MultiSimilarityLoss",
    "normalised_softmax": "imgsearch.training.losses.normalised_softmax:NormalisedSoftmaxLoss",
    "npair": "imgsearch.training.losses.npair:NPairLoss",
    "ordered_quadruplet": "imgsearch.training.losses.ordered_quadruplet:OrderedQuadrupletLoss",
    "prototypical": "imgsearch.training.losses.prototypical:PrototypicalLoss",
    "proxy_anchor": "imgsearch.training.losses.proxy_anchor:ProxyAnchorLoss",
    "proxy_nca": "imgsearch.training.losses.proxy_nca:ProxyNCALoss",
    "quadruplet": "imgsearch.training.losses.quadruplet:QuadrupletLoss",
    "smooth_ap": "imgsearch.training.losses.smooth_ap:SmoothAPLoss",
    "supcon": "imgsearch.training.losses.supcon:SupConLoss",
    "triplet": "imgsearch.training.losses.triplet:TripletLoss",
}
