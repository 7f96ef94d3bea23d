"""The command: Ctrl-C keeps the run, and the same command ends it with the same bits."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from deepscores.cli.app import run as run_command

STEPS = "25"


def arguments(dataset: Path, run: Path) -> list[str]:
    return [
        "train", "classify", str(dataset), "-o", str(run), "--steps", STEPS, "--device", "cpu",
        "--batch", "32",
    ]  # fmt: skip


def test_ctrl_c_keeps_the_run_and_the_same_command_goes_on(
    melody_patches: Path, tmp_path: Path
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    start = "from deepscores.cli import main; main()"
    command = [sys.executable, "-c", start, *arguments(melody_patches, parts)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as one:
        assert one.stderr
        for told in one.stderr:
            if told.startswith("train"):  # the loop is entered
                os.kill(one.pid, signal.SIGINT)
                break
        rest = one.stderr.read()
    assert one.returncode == 130
    assert "stopped at step" in rest
    assert "Re-run the same command to resume" in rest
    assert (parts / "state.safetensors").exists()
    assert not (parts / "model.onnx").exists()
    for folder in (parts, whole):
        assert run_command(arguments(melody_patches, folder), debug=False) == 0
    for name in ("state.safetensors", "weights.safetensors"):
        ends = [_tensors(folder / name) for folder in (whole, parts)]
        assert ends[0] == ends[1]
    assert (parts / "model.onnx").stat().st_size > 100_000


def _tensors(path: Path) -> dict[str, bytes]:
    from safetensors import safe_open

    with safe_open(path, "np") as file:
        return {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118
