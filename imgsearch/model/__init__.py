"""Models on the disk: what they are, and how their encoders are fed."""

from imgsearch.model.feed import Feed
from imgsearch.model.folder import (
    BASE,
    FILES,
    Model,
    copy_model,
    load_model,
    model_digest,
    require_size,
    same_encoder,
    write_metric,
)
from imgsearch.model.info import FORMAT_VERSION, ModelInfo, write_info

__all__ = [
    "BASE",
    "FILES",
    "FORMAT_VERSION",
    "Feed",
    "Model",
    "ModelInfo",
    "copy_model",
    "load_model",
    "model_digest",
    "require_size",
    "same_encoder",
    "write_info",
    "write_metric",
]
