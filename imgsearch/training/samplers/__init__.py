"""Samplers by name; readable without torch. A new sampler is a new file and a line here.

A sampler is made from `(labels (N,), classes_per_batch, images_per_class, seed)` and its options, and draws with a
generator of its own. `imgsearch.training.samplers.base` says what it does.
"""

SAMPLERS = {
    "hierarchical": "imgsearch.training.samplers.hierarchical:HierarchicalSampler",
    "m_per_class": "imgsearch.training.samplers.m_per_class:MPerClassSampler",
    "magnet": "imgsearch.training.samplers.magnet:MagnetSampler",
    "offline": "imgsearch.training.samplers.offline:OfflineSampler",
}
