"""Pages with their labelled objects, as exports and loaders take them: whole, cut or rescaled."""

from deepscores.dataset.labelled.objects import Objects
from deepscores.dataset.labelled.page import LabelledPage, label_page, painted_page
from deepscores.dataset.labelled.scaling import rescale
from deepscores.dataset.labelled.tiles import Window, cut, windows

__all__ = [
    "LabelledPage",
    "Objects",
    "Window",
    "cut",
    "label_page",
    "painted_page",
    "rescale",
    "windows",
]
