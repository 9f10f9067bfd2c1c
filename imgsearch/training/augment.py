"""Random views of a batch of pictures, drawn by one seeded generator: JPEG, turn, crop, flip, blur, colour, grey.

A crop, its mirroring, its antialiased resampling and its blur are one matrix for the rows and one for the columns,
applied to the whole batch; what happens to the colours is one affine map a picture. So a batch is passed over only a
few times, and a processor that also trains can spare that.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from imgsearch.images.recompress import recompress
from imgsearch.training.config import Augmentation

GREY = (0.299, 0.587, 0.114)
SIGMA = (0.004, 0.016)
"""The blur's standard deviation, as a share of the view's side: 0.25 to 1 pixel of 64."""
QUALITY = (30, 95)
"""Of the JPEG."""


@torch.no_grad()
def augment(pictures: Tensor, side: int, options: Augmentation, generator: torch.Generator) -> Tensor:
    """uint8 (n, height, width, 3) → float (n, 3, side, side) with values from 0 to 255, each a random view.

    The views lie where the pictures lie, channels last in memory; `generator` is the CPU's.
    """
    # One draw for all: switching one variation off, or the device, leaves the others as they are.
    uniform = torch.rand(15, len(pictures), generator=generator)
    pictures = _with_jpeg_marks(pictures, uniform[0] < options.jpeg, uniform[1])
    rows, columns = _resampling(pictures, side, options, uniform[2:9])
    turned = _turned(pictures.permute(0, 3, 1, 2).float(), options, uniform[13:15].to(pictures.device))
    planes = turned.transpose(1, 2).contiguous()  # (n, h, 3, w)
    count, height, _, width = planes.shape
    squeezed = torch.bmm(planes.view(count, height * 3, width), columns.transpose(1, 2))
    views = torch.bmm(rows, squeezed.view(count, height, 3 * side)).view(count, side, 3, side)
    coloured = _coloured(views, options, uniform[9:13].to(views.device))
    return coloured.transpose(2, 3).contiguous().permute(0, 3, 1, 2)


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


def _turned(pictures: Tensor, options: Augmentation, uniform: Tensor) -> Tensor:
    """Pictures (n, 3, height, width), each turned and sheared about its middle; what was outside is mirrored inside."""
    if not (options.rotation or options.shear):
        return pictures
    angle = math.radians(options.rotation) * _between(-1.0, 1.0, uniform[0])
    shear = options.shear * _between(-1.0, 1.0, uniform[1])
    height, width = pictures.shape[2:]
    maps = torch.zeros(len(pictures), 2, 3, device=pictures.device)  # of coordinates from -1 to 1, whatever the sides
    maps[:, 0, 0], maps[:, 0, 1] = angle.cos(), (shear * angle.cos() - angle.sin()) * height / width
    maps[:, 1, 0], maps[:, 1, 1] = angle.sin() * width / height, shear * angle.sin() + angle.cos()
    grid = functional.affine_grid(maps, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, padding_mode="reflection", align_corners=False)


def _resampling(pictures: Tensor, side: int, options: Augmentation, uniform: Tensor) -> tuple[Tensor, Tensor]:
    """Matrices (n, side, height) and (n, side, width) from a picture's pixels to those of its view.

    Inception-style crops (Szegedy et al. 2015), mirrored or not; of the blurred ones, each matrix is multiplied with a
    Gaussian one.
    """
    area = _between(options.smallest_crop, 1.0, uniform[0])
    ratio = torch.exp(math.log(options.aspect_ratio) * _between(-1.0, 1.0, uniform[1]))
    widths, heights = ((area * stretch).sqrt().clamp(max=1.0) for stretch in (ratio, 1.0 / ratio))
    left, top = uniform[2] * (1.0 - widths), uniform[3] * (1.0 - heights)
    mirrored = uniform[4] < (0.5 if options.flip is None else options.flip)
    left, step = torch.where(mirrored, left + widths, left), torch.where(mirrored, -widths, widths)
    matrices = [
        _triangles(start.to(pictures.device), extent.to(pictures.device), side, length)
        for start, extent, length in ((top, heights, pictures.shape[1]), (left, step, pictures.shape[2]))
    ]
    blurred = (uniform[5] < options.blur).nonzero().squeeze(1)
    if len(blurred):
        kernel = _gaussians(_between(*SIGMA, uniform[6][blurred]).to(pictures.device) * side, side)
        place = blurred.to(pictures.device)
        for matrix in matrices:
            matrix.index_copy_(0, place, torch.bmm(kernel, matrix[place]))
    return matrices[0], matrices[1]


def _triangles(start: Tensor, extent: Tensor, side: int, length: int) -> Tensor:
    """Linear interpolation of `side` pixels from `start` to `start + extent`, shares of `length` pixels, (n, side, l).

    Where the view has fewer pixels than its crop, the triangles widen with the crop, against aliasing.
    """
    steps = (torch.arange(side, device=start.device) + 0.5) / side
    centres = (start[:, None] + extent[:, None] * steps) * length - 0.5
    reach = (extent.abs() * length / side).clamp(min=1.0)
    pixels = torch.arange(length, device=start.device)
    weights = (pixels - centres[:, :, None]).abs_().div_(-reach[:, None, None]).add_(1.0).clamp_(min=0.0)
    return weights.div_(weights.sum(dim=2, keepdim=True))


def _gaussians(sigmas: Tensor, side: int) -> Tensor:
    """Matrices (n, side, side) that blur along one axis; at the borders, what lies inside counts for more."""
    pixels = torch.arange(side, device=sigmas.device)
    weights = (-0.5 * ((pixels[:, None] - pixels) / sigmas[:, None, None]).square()).exp()
    return weights / weights.sum(dim=2, keepdim=True)


def _coloured(views: Tensor, options: Augmentation, uniform: Tensor) -> Tensor:
    """Views (n, side, 3, side) with another saturation, then contrast, then brightness, in one affine map a picture."""

    def factors(strength: float, share: Tensor) -> Tensor:
        return _between(1.0 - strength, 1.0 + strength, share)

    saturation = factors(options.saturation, uniform[0]).masked_fill(uniform[1] < options.grey, 0.0)
    contrast, brightness = factors(options.contrast, uniform[2]), factors(options.brightness, uniform[3])
    own, common = brightness * contrast * saturation, brightness * contrast * (1.0 - saturation)
    grey = views[:, :, 0] * GREY[0]
    grey.add_(views[:, :, 1], alpha=GREY[1]).add_(views[:, :, 2], alpha=GREY[2])
    offset = brightness * (1.0 - contrast) * grey.mean(dim=(1, 2))
    grey.mul_(common[:, None, None]).add_(offset[:, None, None])
    return torch.addcmul(grey[:, :, None], views, own[:, None, None, None]).clamp_(0.0, 255.0)
