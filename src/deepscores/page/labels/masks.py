"""Class ids of pixels, from who owns each."""

from collections.abc import Mapping

import numpy as np

from deepscores.page.model import Runs


def class_runs(owners: Runs, class_of: Mapping[int, int], symbols: int) -> Runs:
    """The runs of class ids that follow from those of *owners*; 0 for what has no class.

    *class_of* maps symbol numbers, 1…*symbols*, to class ids.

    >>> class_runs(np.array([[3, 0], [9, 1], [12, 2]], np.int32), {2: 7}, 2).tolist()
    [[3, 0], [9, 0], [12, 7]]
    """
    table = np.zeros(symbols + 1, np.int32)
    table[list(class_of)] = list(class_of.values())
    runs = owners.copy()
    runs[:, 1] = table[owners[:, 1]]
    return runs
