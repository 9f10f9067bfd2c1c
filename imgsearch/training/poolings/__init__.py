"""Poolings by name; readable without torch. A new pooling is a new file and a line here.

A pooling is a module from feature maps (n, channels, height, width) to one vector a picture (n, channels), in single
precision even where the maps come in half. Its keyword parameters are its options; one named `channels` or `map_size`
is given the number of channels or the (height, width) of the maps.
"""

POOLINGS = {
    "gem": "imgsearch.training.poolings.gem:GeM",
    "mac": "imgsearch.training.poolings.mac:MAC",
    "r_mac": "imgsearch.training.poolings.r_mac:RMAC",
    "spoc": "imgsearch.training.poolings.spoc:SPoC",
    "vectorise_fc": "imgsearch.training.poolings.vectorise_fc:VectoriseFC",
}
