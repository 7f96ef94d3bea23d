"""What a test lets worker processes do instead of engraving."""

import time
from pathlib import Path

from deepscores.building.shards import Record, ShardTask, make_shard


def make_only_the_first(task: ShardTask) -> Record:
    """Engrave the first score of the plan at once; be slow with each that follows."""
    if task.index:
        time.sleep(20)
        Path(f"{task.folder}.engraved-{task.index}").touch()
    return make_shard(task)
