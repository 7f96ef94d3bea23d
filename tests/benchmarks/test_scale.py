"""What a further page costs, and what is asked of it."""

from benchmarks.scale import Built, further_page, targets


def built(pages: int, cpu_ms: float) -> Built:
    return Built(pages, cpu_ms, cpu_ms, 0.0, 300, 320, 200, 340.0, 15.0)


def test_a_further_page_pays_for_no_start() -> None:
    sizes = [[built(pages, 50 + 4000 / pages)] for pages in (200, 2000, 10_000)]
    assert further_page(sizes) == [50.0, 50.0]


def test_what_was_built_before_and_after_is_averaged() -> None:
    small, large = [built(200, 40.0), built(200, 60.0)], [built(1000, 50.0)]
    assert further_page([small, large]) == [50.0]


def test_growth_misses_the_target() -> None:
    sizes = [built(200, 60.0), built(2000, 60.0), built(10_000, 70.0)]
    met = {
        one["what"]: one["met"]
        for one in targets(sizes, further_page([[one] for one in sizes]), 1.9)
    }
    assert met == {
        "pages a second, two processes / one": True,
        "CPU of a further page, dearest step / cheapest": False,
        "memory after 200 pages / before": True,
        "largest worker, MB": True,
    }


def test_one_size_has_no_further_page() -> None:
    assert targets([built(200, 60.0)], [], 1.9)[1]["met"]
