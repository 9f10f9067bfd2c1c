"""Backbones of our own by name, trained from scratch; readable without torch. A new one is a new file and a line here.

A backbone is a function that makes an untrained network from pictures (n, 3, h, w) to feature maps (n, channels, h',
w'). Its top-level children run one after the other; they are the blocks that can be frozen. Besides these, every
torchvision classifier with a convolutional trunk is a backbone.
"""

BACKBONES = {
    "conv4": "imgsearch.training.backbones.conv4:conv4",
    "resnet12": "imgsearch.training.backbones.resnet12:resnet12",
    "resnet12_half": "imgsearch.training.backbones.resnet12:resnet12_half",
    "small": "imgsearch.training.backbones.small:small",
}
