"""Pages with their labelled objects, as exports and loaders take them: whole, cut or rescaled."""

from deepscores.labelled.objects import Objects
from deepscores.labelled.page import LabelledPage, label_page, painted_page
from deepscores.labelled.scaling import rescaled
from deepscores.labelled.tiles import Window, cut, windows

__all__ = [
    "LabelledPage",
    "Objects",
    "Window",
    "cut",
    "label_page",
    "painted_page",
    "rescaled",
    "windows",
]
