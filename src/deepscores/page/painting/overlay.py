"""Pictures to look at: a page with its boxes, and with its pixels coloured by class."""

import colorsys

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from deepscores.page.labels.label_sets import LabelledObject, LabelSet
from deepscores.page.model import Sheet

_GOLDEN = 0.61803398875  # turns of the colour wheel between neighbours in the class list


def class_colour(class_id: int) -> tuple[int, int, int]:
    """A colour for a class, dark enough to be read on paper."""
    hue = class_id * _GOLDEN % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, 0.36 + 0.12 * (class_id % 3) / 2, 0.9)
    return round(255 * red), round(255 * green), round(255 * blue)


def draw_overlay(sheet: Sheet, objects: list[LabelledObject], labels: LabelSet) -> Image.Image:
    """The page in pale grey, labelled pixels in their class's colour, boxes with class names."""
    class_of = np.zeros(len(sheet.symbols) + 1, np.int64)
    for labelled in objects:
        class_of[list(labelled.members)] = labelled.class_id
    colours = np.array([class_colour(class_id) for class_id in range(len(labels.classes) + 1)])
    image = Image.fromarray(tint(sheet.painting.image, class_of[sheet.painting.owners], colours))
    pen = ImageDraw.Draw(image)
    font = ImageFont.load_default(9)
    for labelled in objects:
        colour = class_colour(labelled.class_id)
        x0, y0, x1, y1 = labelled.box
        pen.rectangle((int(x0) - 1, int(y0) - 1, int(x1) + 1, int(y1) + 1), outline=colour)
        name = labels.classes[labelled.class_id - 1].name
        pen.text((x0, y0 - 11), name, fill=colour, font=font)
    return image


def tint(
    image: NDArray[np.uint8], classes: NDArray[np.int64], colours: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """*image* (height, width) in pale grey, but *colours* (n, 3) where *classes* are not 0."""
    pale = (255 - (255 - image.astype(np.uint16)) // 3).astype(np.uint8)
    picture: NDArray[np.uint8] = np.repeat(pale[:, :, None], 3, axis=2)
    picture[classes > 0] = colours[classes[classes > 0]]
    return picture
