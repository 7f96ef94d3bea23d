"""The log of a run: CSV for a table, events for TensorBoard."""

import csv
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from deepscores.runs.files import write_file

TRAINING, VALIDATION = "log.csv", "validation.csv"
EVENTS = "tensorboard"


class Log:
    """Writes rows of figures. Rows after *step*, of a run that was stopped, are dropped first."""

    def __init__(self, folder: Path, step: int) -> None:
        self._folder = folder
        for name in (TRAINING, VALIDATION):
            _drop_after(folder / name, step)
        self._events = _event_writer(folder / EVENTS, step)

    def training(self, step: int, values: Mapping[str, float]) -> None:
        """One row of ``log.csv``."""
        self._write(TRAINING, "training", step, values)

    def validation(self, step: int, values: Mapping[str, float]) -> None:
        """One row of ``validation.csv``."""
        self._write(VALIDATION, "validation", step, values)

    def close(self) -> None:
        """Everything is on the disk."""
        self._events.close()

    def _write(self, name: str, group: str, step: int, values: Mapping[str, float]) -> None:
        path = self._folder / name
        row = {"step": step, **{key: f"{value:.6g}" for key, value in values.items()}}
        is_new = not path.exists()
        with open(path, "a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*row], lineterminator="\n")
            if is_new:
                writer.writeheader()
            writer.writerow(row)
        for key, value in values.items():
            self._events.add_scalar(f"{group}/{key}", value, step)
        self._events.flush()


def _drop_after(path: Path, step: int) -> None:
    if not path.exists():
        return
    rows = [*csv.reader(path.read_text("utf-8").splitlines())]
    earlier_rows = [row for row in rows[1:] if row and int(row[0]) <= step]
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows[:1] + earlier_rows)
    if earlier_rows:
        write_file(path, text.getvalue().encode())
    else:
        path.unlink()


def _event_writer(folder: Path, step: int) -> Any:
    from torch.utils.tensorboard import SummaryWriter  # takes a second, and warns elsewhere

    return SummaryWriter(str(folder), purge_step=step + 1 if step else None)
