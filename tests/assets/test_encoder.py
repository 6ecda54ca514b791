"""What the encoder's metadata tell."""

from __future__ import annotations

import dagster as dg

from tests.timm_folders import write_network
from tiefvision_assets.assets.encoder import encoder
from tiefvision_assets.lineage.progress import Progress
from tiefvision_assets.settings import Settings
from tiefvision_assets.store.store import Store


def test_a_network_of_timm_tells_what_was_found_out_and_what_it_costs(settings: Settings, tmp_path) -> None:
    name = write_network(tmp_path / "network", "dinov2")
    store = Store(settings.model_copy(update={"encoder": name}))
    done = dg.materialize([encoder], resources={"store": store, "progress": Progress()})
    (event,) = done.asset_materializations_for_node("encoder")
    told = {key: value.value for key, value in event.metadata.items()}
    assert told["squares"] == "224, 322, 448, 896"
    assert (told["location_cells"], told["object_cells"]) == ("(16, 8, 8)", "(16, 8, 8)")
    assert told["basis_bytes"] == 256 * 16 * 8 * 8 * 4
    assert told["photos_per_second"] > 0 and told["weights_bytes"] > 0
    assert (told["name"], told["licence"], told["engine"]) == ("timm:vit_small_patch14_dinov2", "free", "onnxruntime")
