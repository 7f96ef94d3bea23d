"""A dataset made larger is one that every command takes."""

from collections import Counter
from pathlib import Path

from benchmarks.enlarged import enlarge
from deepscores import check, export, open_dataset, verify


def test_a_larger_dataset_is_sound_and_has_every_page_again(built: Path, tmp_path: Path) -> None:
    before = open_dataset(built)
    target = tmp_path / "larger"
    pages = enlarge(built, target, 2 * len(before) + 3)
    after = open_dataset(target)
    assert len(after) == pages > 2 * len(before)
    assert verify(target, rerender=0).problems == ()
    assert check(target, alike=1.0).findings == ()
    names = Counter(page.name.partition("-tune")[0] for page in after if "zz" in page.name)
    assert names == {"zz1": len(before), "zz2": pages - 2 * len(before)}
    for page in before:
        other = after[f"zz1-{page.name}"]
        assert (other.image == page.image).all()
        assert other.symbols.drop_columns("page") == page.symbols.drop_columns("page")
        assert [*other.objects] == [*page.objects]
        assert other.split == page.split
    summary = export(target, tmp_path / "coco", to="coco", images="link")
    assert sum(summary.pages.values()) == pages
    assert summary.objects == after.info["counts"]["objects"]
