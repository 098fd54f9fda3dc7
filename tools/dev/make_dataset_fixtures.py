#!/usr/bin/env python3
"""Makes tests/fixtures/dataset: small made-up images, and what PIL and torchvision make of them.

Needs numpy, Pillow < 13 (13 resizes some tall images columns first) and torchvision. The pictures are drawn here from formulas; none comes from a data set.
`<name>.png|jpg` is the image, `<name>.rgb.npy` PIL's `convert("RGB")` as uint8 [H, W, 3],
`<name>.torchvision_<R>.npy` the torchvision preprocessing at resolution R, crop ratio 0.875, as uint8 [3, R, R].
"""

import pathlib

import numpy as np
from PIL import Image
from torchvision import transforms

OUT = pathlib.Path(__file__).parents[2] / "tests" / "fixtures" / "dataset"
CROP_RATIO = 0.875


def picture(width: int, height: int, channels: int) -> np.ndarray:
    """Waves, edges and noise, so that every tap of a filter and every colour counts."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    noise = np.random.default_rng(width * 1000 + height).normal(0, 20, (height, width, channels))
    planes = [
        128 + 100 * np.sin(x / (3 + c) + y / (7 - c)) + 60 * ((x // 9 + y // (5 + c)) % 2) - 30 for c in range(channels)
    ]
    return np.clip(np.stack(planes, axis=-1) + noise, 0, 255).astype(np.uint8)


def save(name: str, array: np.ndarray) -> None:
    np.save(OUT / f"{name}.npy", np.ascontiguousarray(array))


def expect_rgb(file_name: str) -> None:
    save(f"{pathlib.Path(file_name).stem}.rgb", np.asarray(Image.open(OUT / file_name).convert("RGB")))


def expect_torchvision(file_name: str, resolution: int) -> None:
    resize = transforms.Resize(int(resolution / CROP_RATIO), transforms.InterpolationMode.BILINEAR)
    pipeline = transforms.Compose([resize, transforms.CenterCrop(resolution), transforms.PILToTensor()])
    image = Image.open(OUT / file_name).convert("RGB")
    save(f"{pathlib.Path(file_name).stem}.torchvision_{resolution}", pipeline(image).numpy())


def make_png() -> None:
    Image.fromarray(picture(97, 61, 3)).save(OUT / "wide.png")
    Image.fromarray(picture(37, 83, 3)).save(OUT / "tall.png")
    for resolution in (24, 31, 56, 70):
        expect_torchvision("wide.png", resolution)
        expect_torchvision("tall.png", resolution)
    alpha = picture(23, 19, 4)
    Image.fromarray(alpha, "RGBA").save(OUT / "alpha.png")
    Image.fromarray(picture(23, 19, 3)).quantize(16).save(OUT / "palette.png")
    Image.fromarray(picture(23, 19, 1)[..., 0], "L").save(OUT / "grey.png")
    for name in ("alpha", "palette", "grey"):
        expect_rgb(f"{name}.png")


def make_jpeg() -> None:
    rgb = Image.fromarray(picture(45, 34, 3))
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    rgb.save(OUT / "turned.jpg", quality=90, exif=exif)
    rgb.save(OUT / "progressive.jpg", quality=85, progressive=True)
    rgb.convert("L").save(OUT / "grey_jpeg.jpg", quality=90)
    Image.fromarray(picture(45, 34, 4), "CMYK").save(OUT / "cmyk.jpg", quality=95)
    for name in ("turned", "progressive", "grey_jpeg", "cmyk"):
        expect_rgb(f"{name}.jpg")


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    make_png()
    make_jpeg()
