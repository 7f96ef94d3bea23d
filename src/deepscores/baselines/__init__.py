"""Baselines, trained in PyTorch (``pip install 'deepscores[torch]'``): `run.train` trains one."""
