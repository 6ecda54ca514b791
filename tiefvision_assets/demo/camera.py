"""From the scene's light to a photo: exposure, white balance, vignette, lens blur and sensor noise."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tiefvision_assets.demo.raster import Layer, pixel_grid
from tiefvision_assets.demo.solids import Light

_TONE_STEPS = 8192
_BRIGHTEST = 1.6


def sample_light(rng: np.random.Generator) -> Light:
    """A soft key light from the upper left or right, between warm and cold."""
    side = -1.0 if rng.random() < 0.5 else 1.0
    direction = np.array([side * rng.uniform(0.25, 0.75), rng.uniform(-0.65, -0.25), rng.uniform(0.55, 0.9)])
    x, y, z = (direction / np.linalg.norm(direction)).tolist()
    warmth = float(np.clip(rng.normal(0.0, 0.06), -0.14, 0.14))
    colour = np.array([1.0 + warmth, 1.0, 1.0 - 1.1 * warmth], np.float32) * np.float32(rng.uniform(0.92, 1.12))
    return Light((x, y, z), colour, float(rng.uniform(0.12, 0.34)))


def expose(layer: Layer, rng: np.random.Generator) -> Image.Image:
    """Take the photo of an opaque layer."""
    height, width = layer.coverage.shape
    x, y = pixel_grid(0, 0, width, height)
    radius = ((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) * 2.0
    lens = float(rng.uniform(0.85, 1.12)) * (1.0 - float(rng.uniform(0.0, 0.38)) * radius)
    steps = layer.pixels * (lens * np.float32(_TONE_STEPS / _BRIGHTEST))[..., None]
    np.clip(steps, 0.0, _TONE_STEPS - 1, out=steps)
    image = Image.fromarray(_tone_curve(float(rng.uniform(0.0, 0.28))).take(steps.astype(np.int32)))
    image = image.filter(ImageFilter.BoxBlur(float(rng.uniform(0.15, 0.42))))
    strength = float(rng.uniform(1.0, 3.8))
    grain = rng.standard_normal((height, width), np.float32) * np.float32(strength)
    chroma = rng.standard_normal((height // 2 + 1, width // 2 + 1, 3), np.float32) * np.float32(0.7 * strength)
    noise = np.repeat(np.repeat(chroma, 2, axis=0), 2, axis=1)[:height, :width]
    noise += grain[..., None]
    noise += np.asarray(image)
    np.clip(noise, 0.0, 255.0, out=noise)
    return Image.fromarray(noise.astype(np.uint8))


def _tone_curve(contrast: float) -> NDArray[np.uint8]:
    """Display values for linear light in 0 to `_BRIGHTEST`: highlights roll off, `contrast` steepens the middle."""
    light = np.linspace(0.0, _BRIGHTEST, _TONE_STEPS)
    display = np.sqrt(np.clip(light / (1.0 + 0.22 * np.clip(light - 0.55, 0.0, None)), 0.0, 1.0))
    display = display + 2.0 * contrast * display * (display - 0.5) * (1.0 - display)
    return (display * 255.0 + 0.5).astype(np.uint8)
