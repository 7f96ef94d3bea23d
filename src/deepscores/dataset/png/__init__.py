"""PNG: packed from runs of pixels and read back as runs."""
