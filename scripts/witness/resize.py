"""Pillow's figures for src/image: bilinear resizing and the conversion to grey.

Run with a Python that has Pillow: python3 scripts/witness/resize.py > test/witness/resize.json
"""

import base64
import json

import PIL
from PIL import Image

# (channels, height, width, new height, new width)
CASES = [
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


def synthetic(channels, height, width):
    """Pixels by a formula that the test repeats, so no picture has to be stored."""
    values = bytes(
        (x * x * 7 + y * y * 3 + x * y * 13 + c * 101 + 29) % 256
        for y in range(height)
        for x in range(width)
        for c in range(channels)
    )
    return Image.frombytes("L" if channels == 1 else "RGB", (width, height), values)


def stored(image):
    return base64.b64encode(image.tobytes()).decode()


def main():
    resized = [
        {
            "from": [channels, height, width],
            "to": [new_height, new_width],
            "pixels": stored(
                synthetic(channels, height, width).resize((new_width, new_height), Image.BILINEAR)
            ),
        }
        for channels, height, width, new_height, new_width in CASES
    ]
    grey = {"from": [3, 16, 16], "pixels": stored(synthetic(3, 16, 16).convert("L"))}
    print(json.dumps({"pillow": PIL.__version__, "resized": resized, "grey": grey}, indent=1))


main()
