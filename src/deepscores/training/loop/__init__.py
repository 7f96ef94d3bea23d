"""The training loop: run, options, checkpoints, schedule, logs."""
