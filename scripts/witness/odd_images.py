"""Reference values of Pillow for unusual but valid image files: the displayed size, and the mean colors of a grid of 4 x 4 cells.

The files are Pillow's and sharp's own test images, which are not kept here. Run with a Python that has Pillow and NumPy:
python3 scripts/witness/odd_images.py FOLDER > test/witness/odd-images.json
"""

import json
import sys
from pathlib import Path

import numpy as np
import PIL
from PIL import Image, ImageOps

CELLS = 4
Image.MAX_IMAGE_PIXELS = 50_000_000  # An error above twice as many.


def eight_bits(image):
    """The image as L or RGB: transparency over white, 16 bits by their upper half."""
    if image.mode.startswith("I"):
        values = np.asarray(image)
        upper = (values >> 8).astype(np.uint8)
        if "transparency" in image.info:
            upper[values == image.info["transparency"]] = 255
        return Image.fromarray(upper)
    if "transparency" in image.info or image.mode in ("LA", "PA", "RGBA"):
        over = image.convert("RGBA")
        white = Image.new("RGBA", over.size, (255, 255, 255, 255))
        white.alpha_composite(over)
        return white.convert("RGB")
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def means(image):
    """`[cell][channel]`, row by row; three channels for grayscale, too."""
    pixels = np.asarray(image.convert("RGB"), dtype=np.float64)
    rows = [part for part in np.array_split(pixels, CELLS, axis=0)]
    cells = [cell for row in rows for cell in np.array_split(row, CELLS, axis=1)]
    return [[round(float(v), 2) for v in cell.mean(axis=(0, 1))] if cell.size else [] for cell in cells]


def describe(path):
    try:
        image = Image.open(path)
        image.load()
        seen = eight_bits(ImageOps.exif_transpose(image))
    except Exception as error:  # Whatever Pillow refuses.
        return {"refused": type(error).__name__}
    return {"mode": image.mode, "size": [seen.height, seen.width], "means": means(seen)}


def main():
    folder = Path(sys.argv[1])
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".md")
    lines = [f"  {json.dumps(str(path.relative_to(folder)))}: {json.dumps(describe(path))}" for path in files]
    print(f'{{\n "pillow": "{PIL.__version__}",\n "files": {{\n' + ",\n".join(lines) + "\n }\n}")


main()
