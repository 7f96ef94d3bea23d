import json
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mung.grammar import DependencyGrammar
from mung.graph import NotationGraph
from mung.io import get_edges, parse_node_classes, read_nodes_from_file
from PIL import Image

from deepscores import export
from deepscores.dataset.reader import Dataset, DatasetPage, open_dataset
from deepscores.formats.mung.nodes import encode_mask
from tests.formats.symbol_truth import objects_of

# What may link to what, and, behind a bar alone, what must be linked to; in the package's notation.
RULES = """
notehead* | stem beam flag* ledgerLine augmentationDot accidental* artic* fermata* ornament*
notehead* | tie slur tremolo* graceNoteSlash* lyric* fingering* arpeggiato*
rest* | augmentationDot fermata* artic*
notehead* *Clef *ClefChange | staffLine
*Clef *ClefChange | clef8 clef15
barline* | repeatDot
voltaBracket | voltaText
ornamentTrill | wiggleTrill
| stem{1,}
| beam{1,}
| flag*{1,}
| ledgerLine{1,}
| augmentationDot{1,}
| accidental*{1}
| artic*{1}
| tie{1}
"""
HEADS = ("noteheadBlack", "noteheadHalf", "noteheadWhole")
FLAGS = {"flag8th": 1, "flag16th": 2, "flag32nd": 3, "flag64th": 4}


@pytest.fixture(scope="module")
def folder(real_as: Callable[..., Path]) -> Path:
    """Of all kinds, stems and lines included."""
    return real_as("mung", labels="full")


@pytest.fixture(scope="module")
def dataset(real: Path) -> Dataset:
    return open_dataset(real)


def read(folder: Path, page: DatasetPage) -> list[Any]:
    return _nodes(folder / "annotations" / page.split / f"{page.name}.xml")


@cache
def _nodes(path: Path) -> list[Any]:
    return list(read_nodes_from_file(str(path)))


def test_nodes_read_back_by_mung_are_the_symbols(dataset: Dataset, folder: Path) -> None:
    for page in dataset:
        nodes = read(folder, page)
        rows = page.symbols.to_pylist()
        names = {node.id: node.class_name for node in nodes}
        for row in rows:
            # Several may be one object, whose number is the first's.
            if row["number"] in names:
                assert names[row["number"]] == row["kind"]
        visible = {row["number"] for row in rows if row["visible_area"]}
        assert {node.document for node in nodes} == {page.name}
        assert len(nodes) > 0.95 * len(visible)
        picture = folder / "images" / page.split / f"{page.name}.png"
        with Image.open(picture) as image:
            assert (np.array(image) == page.image).all()


def test_masks_are_the_whole_masks_pixel_by_pixel(real: Path, tmp_path: Path) -> None:
    dataset = open_dataset(real)
    export(real, tmp_path / "out", to="mung", split="test,val")
    for page in [*dataset.split("test"), *dataset.split("val")][:2]:
        truth = objects_of(page)
        nodes = read(tmp_path / "out", page)
        assert [node.id for node in nodes] == list(truth)
        for node in nodes:
            expected = np.any(
                [page.whole_mask(member) for member in truth[node.id].members], axis=0
            )
            ys, xs = expected.any(axis=1).nonzero()[0], expected.any(axis=0).nonzero()[0]
            assert node.class_name == truth[node.id].class_name
            assert node.bounding_box == (ys[0], xs[0], ys[-1] + 1, xs[-1] + 1)
            assert (node.mask == expected[node.top : node.bottom, node.left : node.right]).all()


def test_without_whole_masks_own_pixels_are_the_mask(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="mung")
    for page in open_dataset(built):
        owners = page.instances
        truth = objects_of(page)
        for node in read(tmp_path / "out", page):
            own_pixels = np.isin(owners, truth[node.id].members)
            assert node.mask.sum() == own_pixels.sum()
            assert (node.mask == own_pixels[node.top : node.bottom, node.left : node.right]).all()


def test_masks_are_written_as_mung_writes_them(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="mung", split="train")
    page = open_dataset(built).split("train")[0]
    for node in read(tmp_path / "out", page):
        assert node.encode_mask() == encode_mask(node.mask.astype(bool))
        assert (
            f"<Mask>{node.encode_mask()}</Mask>"
            in (tmp_path / "out" / "annotations" / "train" / f"{page.name}.xml").read_text()
        )


def test_links_are_both_ways_and_lead_somewhere(dataset: Dataset, folder: Path) -> None:
    for page in dataset:
        nodes = read(folder, page)
        graph = NotationGraph(nodes)
        edges = get_edges(nodes)
        assert len(edges) == len(set(edges)) == len(graph.edges) > 100
        assert all(graph.has_edge(start, end) for start, end in edges)  # raises for one way
        inlinks = {(start, node.id) for node in nodes for start in node.inlinks}
        assert inlinks == graph.edges


def test_links_are_those_of_the_symbol_tables_parents(dataset: Dataset, folder: Path) -> None:
    for page in dataset:
        graph = NotationGraph(read(folder, page))
        rows = {row["number"]: row for row in page.symbols.to_pylist()}
        nodes = {node.id for node in graph.vertices}
        explained = set()
        for number, row in rows.items():
            parent = row["parent"]
            if not parent or number not in nodes or parent not in nodes:
                continue
            if row["role"] == "notehead":
                assert rows[parent]["kind"] == "stem"
                assert graph.is_child_of(parent, number)
                explained.add((number, parent))
                beam = rows[parent]["parent"]
                if beam:
                    assert graph.is_child_of(beam, number)
                    explained.add((number, beam))
            elif row["kind"] not in ("stem", "beam"):
                assert graph.is_child_of(number, parent)
                explained.add((parent, number))
        left = {
            (rows[start]["role"], rows[end]["kind"])
            for start, end in graph.edges - explained
            if rows[end]["kind"] not in ("ledgerLine", "staffLine")
        }
        # Beams beyond a stem's first, and flags of a chord's other notes.
        assert {start for start, _ in left} <= {"notehead"}
        assert all(end == "beam" or end.startswith("flag") for _, end in left)


def test_links_follow_the_grammar(dataset: Dataset, folder: Path, tmp_path: Path) -> None:
    alphabet = {
        node_class.name: node_class
        for node_class in parse_node_classes(str(folder / "node-classes.xml"))
    }
    rules = tmp_path / "links.deprules"
    rules.write_text(RULES)
    grammar = DependencyGrammar(str(rules), alphabet)
    for page in dataset:
        nodes = read(folder, page)
        kinds = {node.id: node.class_name for node in nodes}
        wrong = grammar.find_invalid_in_graph(kinds, get_edges(nodes))
        vertices, inlinks, outlinks = wrong[:3]
        assert not [(kinds[start], kinds[end]) for start, end in (*inlinks, *outlinks)]
        assert not [(vertex, kinds[vertex]) for vertex in vertices]


def test_the_graph_tells_the_value_of_a_note(dataset: Dataset, folder: Path) -> None:
    """Head, flags, beams and dots of a note give its duration: so none is missing or over."""
    judged = 0
    for page in dataset:
        graph = NotationGraph(read(folder, page))
        rows = {row["number"]: row for row in page.symbols.to_pylist()}
        for node in graph.vertices:
            row = rows[node.id]
            if node.class_name not in HEADS or row["grace"] or row["duration"] is None:
                continue
            children = [child.class_name for child in graph.children(node)]
            halves = children.count("beam")
            halves += sum(
                FLAGS.get(name.removesuffix("Up").removesuffix("Down"), 0) for name in children
            )
            value = {"noteheadBlack": 1, "noteheadHalf": 2, "noteheadWhole": 4}[node.class_name]
            value *= 0.5**halves * (2 - 0.5 ** children.count("augmentationDot"))
            ratio = row["duration"] / value
            assert ratio == 1 or not math.log2(ratio).is_integer(), (page.name, node.id)  # tuplets
            judged += ratio == 1
    assert judged > 500


def test_ledger_lines_are_those_between_a_note_and_its_staff(
    dataset: Dataset, folder: Path
) -> None:
    counts: Counter[int] = Counter()
    for page in dataset:
        graph = NotationGraph(read(folder, page))
        rows = {row["number"]: row for row in page.symbols.to_pylist()}
        for node in graph.vertices:
            position = rows[node.id]["staff_position"]
            if rows[node.id]["role"] == "notehead" and position is not None:
                expected_count = max((position - 8) // 2, -position // 2, 0)
                lines = graph.children(node, ["ledgerLine"])
                assert len(lines) == expected_count, (page.name, node.id)
                counts[expected_count] += 1
    assert counts[1] > 20


def test_data_tell_the_music(dataset: Dataset, folder: Path) -> None:
    names = defaultdict(set)
    for page in dataset:
        rows = {row["number"]: row for row in page.symbols.to_pylist()}
        for node in read(folder, page):
            row = rows[node.id]
            assert node.data.get("onset_beats") == row["onset"]
            assert node.data.get("duration_beats") == row["duration"]
            assert node.data.get("pitch_octave") == row["octave"]
            assert node.data.get("staff", 0) == row["staff"]
            assert node.data.get("text", "") == row["text"]
            if row["step"]:
                names[node.data["midi_pitch_code"]].add(
                    f"{node.data['normalized_pitch_step']}{node.data['pitch_octave']}"
                )
    assert names[60] <= {"C4", "B#3"}
    assert names[69] == {"A4"}
    assert names[70] | names[66] <= {"Bb4", "A#4", "F#4", "Gb4"}
    assert names[66] | names[70]


def test_noteheads_link_to_their_staff_where_it_is_one_object(
    real: Path, dataset: Dataset, tmp_path: Path
) -> None:
    export(real, tmp_path / "out", to="mung", labels="deepscores-v2", split="train")
    page = dataset.split("train")[0]
    graph = NotationGraph(read(tmp_path / "out", page))
    rows = {row["number"]: row for row in page.symbols.to_pylist()}
    heads = [node for node in graph.vertices if node.class_name.startswith("notehead")]
    assert len(heads) > 50
    for node in heads:
        (staff,) = graph.children(node, ["staff"])
        for name in ("system", "staff"):
            assert rows[staff.id][name] == rows[node.id][name]


def test_tiles_link_within_themselves(built: Path, tmp_path: Path) -> None:
    export(built, tmp_path / "out", to="mung", labels="full", tiles=256, overlap=32)
    paths = sorted((tmp_path / "out" / "annotations").glob("*/*.xml"))
    assert len(paths) > 10
    for path in paths:
        nodes = read_nodes_from_file(str(path))  # raises for links out of it
        for node in nodes:
            assert 0 <= node.top < node.bottom <= 256
            assert 0 <= node.left < node.right <= 256


def test_classes_are_listed_for_muscimarker(folder: Path, real: Path) -> None:
    classes = parse_node_classes(str(folder / "node-classes.xml"))
    names = json.loads((folder / "export.json").read_bytes())["classes"]
    assert [node_class.name for node_class in classes] == names
    assert [node_class.class_id for node_class in classes] == list(range(1, len(names) + 1))
