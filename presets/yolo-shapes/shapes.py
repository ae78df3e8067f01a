"""Images of coloured shapes with YOLO labels: data that needs no download and is never the same.

Squares, circles and triangles of any colour on a noisy background, one to four in an image. The
same seed draws the same images.
"""

from __future__ import annotations

import random
from pathlib import Path

from PIL import Image, ImageDraw

NAMES = ("square", "circle", "triangle")


def write_shapes(root: Path, train_count: int, val_count: int, size_px: int, seed: int) -> Path:
    """Draw the data set once and return its data.yaml; an interrupted drawing is done again."""
    description = root / "data.yaml"
    if description.exists():
        return description
    chance = random.Random(seed)
    for split, count in (("train", train_count), ("val", val_count)):
        (root / "images" / split).mkdir(parents=True, exist_ok=True)
        (root / "labels" / split).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            image, labels = draw_image(chance, size_px)
            image.save(root / "images" / split / f"{number:04d}.png")
            (root / "labels" / split / f"{number:04d}.txt").write_text("\n".join(labels) + "\n")
    names = "".join(f"  {index}: {name}\n" for index, name in enumerate(NAMES))
    text = f"path: {root.resolve()}\ntrain: images/train\nval: images/val\nnames:\n{names}"
    draft = root / ".data.yaml.draft"
    draft.write_text(text)
    draft.replace(description)
    return description


def draw_image(chance: random.Random, size_px: int) -> tuple[Image.Image, list[str]]:
    """Return one image and its labels: `class x_centre y_centre width height`, each in 0 … 1."""
    grey = chance.randint(70, 180)
    image = Image.new("RGB", (size_px, size_px), (grey, grey, grey))
    noise = Image.frombytes("L", (size_px, size_px), chance.randbytes(size_px * size_px))
    image = Image.blend(image, noise.convert("RGB"), 0.15)
    pen = ImageDraw.Draw(image)
    labels: list[str] = []
    taken: list[tuple[int, int, int]] = []
    for _ in range(chance.randint(1, 4)):
        place = find_place(chance, size_px, taken)
        if place is None:
            continue
        taken.append(place)
        kind = chance.randrange(len(NAMES))
        left, top, width = place
        draw_shape(pen, kind, place, tuple(chance.choice((20, 130, 240)) for _ in range(3)))
        centre_x, centre_y = left + width / 2, top + width / 2
        numbers = (value / size_px for value in (centre_x, centre_y, width, width))
        labels.append(" ".join([str(kind), *(f"{number:.6f}" for number in numbers)]))
    return image, labels


def find_place(
    chance: random.Random, size_px: int, taken: list[tuple[int, int, int]]
) -> tuple[int, int, int] | None:
    """Return (left, top, width) of a square that covers no other one, or None where none fits."""
    for _ in range(20):
        width = chance.randint(size_px // 6, size_px // 3)
        left, top = (chance.randint(1, size_px - width - 2) for _ in range(2))
        is_free = all(
            left + width < x or x + other < left or top + width < y or y + other < top
            for x, y, other in taken
        )
        if is_free:
            return left, top, width
    return None


def draw_shape(
    pen: ImageDraw.ImageDraw, kind: int, place: tuple[int, int, int], colour: tuple[int, ...]
) -> None:
    """Draw a shape that fills its place from edge to edge."""
    left, top, width = place
    right, bottom = left + width, top + width
    if NAMES[kind] == "square":
        pen.rectangle((left, top, right, bottom), fill=colour)
    elif NAMES[kind] == "circle":
        pen.ellipse((left, top, right, bottom), fill=colour)
    else:
        pen.polygon([((left + right) / 2, top), (right, bottom), (left, bottom)], fill=colour)
