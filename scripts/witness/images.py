"""Pillow's and torchvision's pixels for src/image: resizing, borders, affine transforms, blur and color of small images.

Run with a Python that has Pillow and torchvision: python3 scripts/witness/images.py > test/witness/images.json
"""

import base64
import json

import PIL
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

# (channels, height, width, new height, new width)
SIZES = [
    (1, 28, 28, 32, 32),
    (1, 28, 28, 28, 32),
    (1, 28, 28, 14, 14),
    (1, 7, 5, 16, 9),
    (1, 33, 47, 8, 5),
    (1, 1, 1, 4, 3),
    (1, 9, 13, 1, 1),
    (1, 2, 3, 3, 2),
    (3, 28, 28, 32, 32),
    (3, 32, 32, 24, 20),
    (3, 5, 9, 11, 10),
    (3, 41, 23, 7, 12),
    (3, 1, 6, 5, 2),
    (3, 100, 3, 4, 4),
]
FILTERS = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}

# (channels, height, width, left, top, width and height of the region, new height, new width)
REGIONS = [(3, 30, 40, 3, 5, 20, 17, 12, 12), (1, 20, 20, 0, 4, 20, 9, 13, 20), (3, 16, 16, 8, 8, 8, 8, 8, 11)]

# (channels, height, width, crop height, crop width)
CENTERS = [(1, 8, 9, 5, 4), (3, 9, 8, 4, 5), (1, 5, 11, 8, 8), (1, 7, 7, 7, 7), (1, 11, 13, 8, 8)]
# (height, width, length of the shorter side)
SIDES = [(20, 31, 16), (31, 20, 16), (9, 9, 14), (10, 33, 7)]

# (channels, height, width, angle, shift, scale, shear), clockwise as torchvision has it
MOTIONS = [
    (1, 28, 28, 10.0, (0, 0), 1.0, (0.0, 0.0)),
    (1, 28, 28, -33.5, (3, -2), 0.8, (0.0, 0.0)),
    (3, 17, 24, 75.0, (0, 0), 1.3, (12.0, -8.0)),
    (3, 20, 20, 0.0, (-4, 5), 1.0, (0.0, 0.0)),
    (3, 13, 9, 180.0, (0, 0), 1.0, (20.0, 0.0)),
]
ANGLES = [7.0, -45.0, 120.5]

# (channels, height, width, sigma, width of the kernel)
BLURS = [(1, 9, 11, 1.0, 5), (3, 8, 7, 0.4, 3), (3, 7, 9, 2.0, 7), (1, 16, 16, 1.7, 13)]

FACTORS = {
    "brightness": (F.adjust_brightness, [0.0, 0.35, 1.0, 1.8]),
    "contrast": (F.adjust_contrast, [0.0, 0.35, 1.0, 1.8]),
    "saturation": (F.adjust_saturation, [0.0, 0.35, 1.0, 1.8]),
    "hue": (F.adjust_hue, [-0.5, -0.13, 0.0, 0.08, 0.4]),
}


def synthetic(channels, height, width):
    """Pixels by a formula that the tests repeat, so no image has to be stored."""
    values = bytes(
        (x * x * 7 + y * y * 3 + x * y * 13 + c * 101 + 29) % 256
        for y in range(height)
        for x in range(width)
        for c in range(channels)
    )
    return Image.frombytes("L" if channels == 1 else "RGB", (width, height), values)


def case(source, result, **facts):
    channels = len(source.getbands())
    pixels = base64.b64encode(result.tobytes()).decode()
    return {"from": [channels, source.height, source.width], **facts, "size": [result.height, result.width], "pixels": pixels}


def resized():
    for name, resample in FILTERS.items():
        for channels, height, width, new_height, new_width in SIZES:
            source = synthetic(channels, height, width)
            yield case(source, source.resize((new_width, new_height), resample), interpolation=name)


def resized_regions():
    for name in FILTERS:
        for channels, height, width, left, top, w, h, new_height, new_width in REGIONS:
            source = synthetic(channels, height, width)
            mode = InterpolationMode(name)
            result = F.resized_crop(source, top, left, h, w, [new_height, new_width], mode)
            region = {"left": left, "top": top, "width": w, "height": h}
            yield case(source, result, region=region, interpolation=name)


def center_cropped():
    for channels, height, width, crop_height, crop_width in CENTERS:
        source = synthetic(channels, height, width)
        yield case(source, F.center_crop(source, [crop_height, crop_width]))


def resized_sides():
    for height, width, side in SIDES:
        source = synthetic(1, height, width)
        yield case(source, F.resize(source, side), side=side)


def padded():
    for border in ["constant", "edge", "reflect", "symmetric"]:
        for channels in [1, 3]:
            source = synthetic(channels, 5, 7)
            fill = 9 if channels == 1 else (9, 80, 200)
            margins = [2, 1, 3, 4]
            fills = [9] if channels == 1 else [9, 80, 200]
            yield case(source, F.pad(source, margins, fill, border), margins=margins, border=border, fill=fills)


def moved():
    for channels, height, width, angle, shift, scale, shear in MOTIONS:
        source = synthetic(channels, height, width)
        fill = 0 if channels == 1 else [10, 20, 30]
        fills = [0] if channels == 1 else fill
        result = F.affine(source, angle, list(shift), scale, list(shear), InterpolationMode.BILINEAR, fill)
        motion = {"angle": angle, "shift": shift, "scale": scale, "shear": shear}
        yield case(source, result, motion=motion, fill=fills)
    for angle in ANGLES:
        source = synthetic(3, 19, 22)
        result = F.rotate(source, angle, InterpolationMode.BILINEAR)
        motion = {"angle": -angle, "shift": [0, 0], "scale": 1, "shear": [0, 0]}
        yield case(source, result, motion=motion, fill=[0])


def blurred():
    for channels, height, width, sigma, kernel in BLURS:
        source = synthetic(channels, height, width)
        yield case(source, F.gaussian_blur(source, [kernel, kernel], [sigma, sigma]), sigma=sigma, kernel=kernel)


def recolored():
    for name, (adjust, factors) in FACTORS.items():
        for factor in factors:
            for channels in [1, 3]:
                source = synthetic(channels, 16, 16)
                yield case(source, adjust(source, factor), property=name, factor=factor)


def main():
    source = synthetic(3, 16, 16)
    result = {
        "pillow": PIL.__version__,
        "torchvision": torchvision.__version__,
        "resized": list(resized()),
        "resizedRegions": list(resized_regions()),
        "centerCropped": list(center_cropped()),
        "resizedSides": list(resized_sides()),
        "padded": list(padded()),
        "moved": list(moved()),
        "blurred": list(blurred()),
        "recolored": list(recolored()),
        "grey": [case(source, source.convert("L"))],
    }
    lines = [f' "{key}": {dump(value)}' for key, value in result.items()]
    print("{\n" + ",\n".join(lines) + "\n}")


def dump(value):
    """One case a line."""
    if not isinstance(value, list):
        return json.dumps(value)
    return "[\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in value) + "\n ]"


main()
