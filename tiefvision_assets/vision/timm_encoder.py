"""A network of timm as an encoder: two of its maps, pooled where their cells lie close together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import timm
import torch
from timm.layers import resample_abs_pos_embed
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn
from torch.nn import functional as F

from tiefvision_assets.vision.timm_network import TimmNetwork


class TimmEncoder(nn.Module):
    """(B, 3, H, W) squares of one of `TimmNetwork.sides` → the maps that the network's description names.

    Its state dict is the network's, without a classifier.
    """

    def __init__(self, described: TimmNetwork) -> None:
        super().__init__()
        self.network = build_network(described.architecture, described.arguments)
        self._described = described
        if _has_resampled_positions(self.network):
            self.positions = PositionTable(self.network, described.sides)
            self.network.__dict__["_pos_embed"] = self.positions  # in place of the method
            self.register_load_state_dict_post_hook(lambda *_: self.positions.resample())

    def forward(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, C, h, w) cells that objects are compared by."""
        cells = cells_of(self.network, photos, self._described.objects_index)
        return _pooled(cells, self._described.objects_pool)

    def windows(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, C', h', w') cells that the window heads see."""
        return _pooled(self.refinement(photos), self._described.windows_pool)

    def refinement(self, photos: Tensor) -> Tensor:
        """(B, 3, H, W) → (B, C', h'', w'') cells of a refinement crop."""
        return cells_of(self.network, photos, self._described.refinement_index)


def build_network(architecture: str, arguments: Mapping[str, Any], **loading: Any) -> Any:
    """The network of that name without its classifier; ``loading`` says where weights come from, if any are wanted."""
    return timm.create_model(architecture, **{"pretrained": False, **arguments, **loading, "num_classes": 0}).eval()


def cells_of(network: Any, photos: Tensor, index: int | None) -> Tensor:
    """(B, C, h, w) the intermediate map of that index, normalised where the network normalises its last one.

    None is what comes before the classifier's pool.
    """
    if index is None:
        return network.forward_features(photos)
    return intermediates(network, photos, [index])[0]


def intermediates(network: Any, photos: Tensor, indices: Sequence[int] | None = None) -> list[Tensor]:
    """The intermediate maps of these indices, or all of them; layers behind the last one are not run."""
    given = {"indices": indices, "norm": True, "stop_early": True, "output_fmt": "NCHW", "intermediates_only": True}
    return network.forward_intermediates(photos, **given)


def _pooled(cells: Tensor, by: int) -> Tensor:
    return F.avg_pool2d(cells, by) if by > 1 else cells


def _has_resampled_positions(network: nn.Module) -> bool:
    """Whether it is a vision transformer that resamples its learned positions for each size of photo."""
    method = getattr(type(network), "_pos_embed", None)
    return method is VisionTransformer._pos_embed and bool(network.dynamic_img_size) and network.pos_embed is not None


class PositionTable(nn.Module):
    """The learned positions of a vision transformer, resampled once for each size of square instead of at each pass.

    timm resamples them with antialiasing, which ONNX cannot express; rows of a table can be exported. Stands in for
    `VisionTransformer._pos_embed`.
    """

    table: Tensor
    """(N, C) the positions of all grids one after another, row by row."""
    grids: Tensor
    """(G,) rows of each grid."""
    starts: Tensor
    """(G,) where in the table each grid begins."""

    def __init__(self, network: VisionTransformer, sides: Sequence[int]) -> None:
        super().__init__()
        self._network = (network,)  # in a tuple, so that it is no part of its own part
        self._prefix = 0 if network.no_embed_class else network.num_prefix_tokens
        sizes = torch.tensor([side // network.patch_embed.patch_size[0] for side in sides])
        self.register_buffer("grids", sizes, persistent=False)
        self.register_buffer("starts", (sizes**2).cumsum(0) - sizes**2, persistent=False)
        self.resample()

    def resample(self) -> None:
        """Take the positions from the network's weights, which have changed."""
        network, prefix = self._network[0], self._prefix
        assert network.pos_embed is not None
        learned, grid = network.pos_embed.detach(), list(network.patch_embed.grid_size)
        tables = [
            resample_abs_pos_embed(learned, [size, size], grid, num_prefix_tokens=prefix)[0, prefix:]
            for size in self.grids.tolist()
        ]
        self.register_buffer("table", torch.cat(tables), persistent=False)

    def forward(self, patches: Tensor) -> Tensor:
        """(B, h, h, C) embedded patches of a square → (B, prefix + h h, C) tokens with their positions."""
        network = self._network[0]
        batch, size, _, channels = patches.shape
        start = (self.starts * (self.grids == size)).sum()
        positions = self.table.index_select(0, start + torch.arange(size * size, device=patches.device))
        tokens = patches.reshape(batch, -1, channels) + positions
        prefix = [part.expand(batch, -1, -1) for part in (network.cls_token, network.reg_token) if part is not None]
        if prefix and self._prefix:
            assert network.pos_embed is not None
            prefix = [torch.cat(prefix, dim=1) + network.pos_embed[:, : self._prefix]]
        return network.pos_drop(torch.cat([*prefix, tokens], dim=1))
