"""Random views of a batch of pictures, drawn by one seeded generator: JPEG, turn, crop, flip, bend, blur, colour, grey.

A crop, its mirroring, turn, shear and distortion are one map of coordinates, and the pictures are sampled once; what
happens to the colours is one affine map a picture. So a batch is passed over only a few times, and a processor that
also trains can spare that.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.images.recompress import recompress
from imgsearch.training.config import Augmentation

GREY = (0.299, 0.587, 0.114)
RESERVE = 5 / 4
"""How much larger than the views the pictures may be that are sampled: with more, fine patterns would alias."""
KNOTS = 5
"""On a side, for which an elastic distortion's shifts are drawn."""
SMOOTHING = 0.7
"""The standard deviation, in knots, of the Gaussian between them."""
SIGMA = (0.004, 0.016)
"""The blur's standard deviation, as a share of the view's side: 0.25 to 1 pixel of 64."""
QUALITY = (30, 95)
"""Of the JPEG."""


@torch.no_grad()
def augment(
    pictures: Tensor, side: int, options: Augmentation, generator: torch.Generator, turns: Tensor | None = None
) -> Tensor:
    """uint8 (n, height, width, 3) → float (n, 3, side, side) with values from 0 to 255, each a random view.

    The views lie where the pictures lie, channels last in memory; `generator` is the CPU's. Where `turns` (n, 2, 2) are
    given, it is views of the pictures turned or mirrored by them, see `variants.turns`.
    """
    # One draw for all: switching one variation off, or the device, leaves the others as they are.
    uniform = torch.rand(15, len(pictures), generator=generator)
    pictures = _with_jpeg_marks(pictures, uniform[0] < options.jpeg, uniform[1])
    planes = _shrunk(pictures.permute(0, 3, 1, 2).float(), math.ceil(RESERVE * side))
    maps = _turned(planes.shape[3] / planes.shape[2], options, uniform[13:15]) @ _crops(options, uniform[2:7])
    if turns is not None:
        maps = turns @ maps
    grid = _grid(maps.to(planes.device), side)
    if options.distortion > 0:
        knots = torch.randn(len(pictures), 2, KNOTS, KNOTS, generator=generator)
        grid = grid + _wavy(2 * options.distortion * knots.to(grid.device), side)  # a side is 2 long
    views = functional.grid_sample(planes, grid, padding_mode="reflection", align_corners=False)
    views = _coloured(_blurred(views, options, uniform[7:9]), options, uniform[9:13].to(views.device))
    return views.contiguous(memory_format=torch.channels_last)


def _between(low: float, high: float, uniform: Tensor) -> Tensor:
    return low + (high - low) * uniform


def _with_jpeg_marks(pictures: Tensor, chosen: Tensor, uniform: Tensor) -> Tensor:
    """The pictures, the `chosen` (n,) of them as a JPEG of random quality shows them."""
    which = chosen.nonzero().squeeze(1)
    if len(which) == 0:
        return pictures
    qualities = _between(*QUALITY, uniform[which]).round().int().tolist()
    place = which.to(pictures.device)
    marked = torch.from_numpy(recompress(pictures[place].cpu().numpy(), qualities))
    return pictures.index_copy(0, place, marked.to(pictures.device))


def _shrunk(planes: Tensor, side: int) -> Tensor:
    """Pictures (n, 3, height, width), those sides that are longer than `side` brought to it, without aliasing."""
    height, width = planes.shape[2:]
    if max(height, width) <= side:
        return planes
    size = (min(height, side), min(width, side))
    return functional.interpolate(planes, size=size, mode="bilinear", antialias=True)


def _turned(shape: float, options: Augmentation, uniform: Tensor) -> Tensor:
    """Maps (n, 2, 2), of coordinates from -1 to 1, that turn and shear about the middle; `shape` is width to height."""
    angle = math.radians(options.rotation) * _between(-1.0, 1.0, uniform[0])
    shear = options.shear * _between(-1.0, 1.0, uniform[1])
    across = torch.stack([angle.cos(), (shear * angle.cos() - angle.sin()) / shape], dim=1)
    down = torch.stack([angle.sin() * shape, shear * angle.sin() + angle.cos()], dim=1)
    return torch.stack([across, down], dim=1)


def _crops(options: Augmentation, uniform: Tensor) -> Tensor:
    """Maps (n, 2, 3) from a view's coordinates, from -1 to 1, to those of a crop, mirrored or not.

    Inception-style crops (Szegedy et al. 2015).
    """
    area = _between(options.smallest_crop, 1.0, uniform[0])
    ratio = torch.exp(math.log(options.aspect_ratio) * _between(-1.0, 1.0, uniform[1]))
    widths, heights = ((area * stretch).sqrt().clamp(max=1.0) for stretch in (ratio, 1.0 / ratio))
    mirrored = uniform[4] < (0.5 if options.flip is None else options.flip)
    maps = torch.zeros(len(area), 2, 3)
    maps[:, 0, 0], maps[:, 1, 1] = torch.where(mirrored, -widths, widths), heights
    maps[:, :, 2] = _between(-1.0, 1.0, uniform[2:4]).T * (1.0 - torch.stack([widths, heights], dim=1))
    return maps


def _grid(maps: Tensor, side: int) -> Tensor:
    """Where the pixels (n, side, side, 2) of a view lie by its map (n, 2, 3): `affine_grid`, several times as fast."""
    steps = (2.0 * torch.arange(side, device=maps.device) + 1.0) / side - 1.0
    across = maps[:, None, :, 0] * steps[:, None]  # (n, side, 2), what the column adds
    down = maps[:, None, :, 1] * steps[:, None] + maps[:, None, :, 2]
    return across[:, None] + down[:, :, None]


def _wavy(knots: Tensor, side: int) -> Tensor:
    """Elastic shifts (n, side, side, 2) out of those that were drawn for `knots` (n, 2, k, k), laid evenly over a view.

    Smoothed by a Gaussian, as by Simard et al. 2003, "Best Practices for Convolutional Neural Networks Applied to
    Visual Document Analysis", and as large between the knots as on them.
    """
    count = knots.shape[3]
    pixels, places = (torch.arange(side) + 0.5) / side * (count - 1), torch.arange(count)
    shares = (-0.5 * ((pixels[:, None] - places) / SMOOTHING).square()).exp()
    shares = (shares / shares.norm(dim=1, keepdim=True)).to(knots.device)
    shifts: Tensor = shares @ knots @ shares.T
    return shifts.permute(0, 2, 3, 1)


def _blurred(views: Tensor, options: Augmentation, uniform: Tensor) -> Tensor:
    """Views (n, 3, side, side), a share of them multiplied with a Gaussian matrix from both sides."""
    which = (uniform[0] < options.blur).nonzero().squeeze(1)
    if len(which) == 0:
        return views
    side, place = views.shape[2], which.to(views.device)
    kernel = _gaussians(_between(*SIGMA, uniform[1][which]).to(views.device) * side, side)[:, None]
    return views.index_copy_(0, place, kernel @ views[place] @ kernel.transpose(2, 3))


def _gaussians(sigmas: Tensor, side: int) -> Tensor:
    """Matrices (n, side, side) that blur along one axis; at the borders, what lies inside counts for more."""
    pixels = torch.arange(side, device=sigmas.device)
    weights = (-0.5 * ((pixels[:, None] - pixels) / sigmas[:, None, None]).square()).exp()
    return weights / weights.sum(dim=2, keepdim=True)


def _coloured(views: Tensor, options: Augmentation, uniform: Tensor) -> Tensor:
    """Views (n, 3, side, side) with another saturation, then contrast, then brightness, in place."""

    def factors(strength: float, share: Tensor) -> Tensor:
        return _between(1.0 - strength, 1.0 + strength, share)

    saturation = factors(options.saturation, uniform[0]).masked_fill(uniform[1] < options.grey, 0.0)
    contrast, brightness = factors(options.contrast, uniform[2]), factors(options.brightness, uniform[3])
    own, common = brightness * contrast * saturation, brightness * contrast * (1.0 - saturation)
    grey = views[:, 0] * GREY[0]
    grey.add_(views[:, 1], alpha=GREY[1]).add_(views[:, 2], alpha=GREY[2])
    offset = brightness * (1.0 - contrast) * grey.mean(dim=(1, 2))
    grey.mul_(common[:, None, None]).add_(offset[:, None, None])
    return views.mul_(own[:, None, None, None]).add_(grey[:, None]).clamp_(0.0, 255.0)
