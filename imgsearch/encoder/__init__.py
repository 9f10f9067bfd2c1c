"""From pictures to embeddings, through ONNX Runtime."""

from imgsearch.encoder.encoder import BATCH_SIZE, FEW, TOGETHER, Encoder
from imgsearch.encoder.session import Device, Embeddings, providers, run_graph

__all__ = [
    "BATCH_SIZE",
    "FEW",
    "TOGETHER",
    "Device",
    "Embeddings",
    "Encoder",
    "providers",
    "run_graph",
]
