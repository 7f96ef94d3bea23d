"""Build datasets: plan, shards, merge, verify."""
