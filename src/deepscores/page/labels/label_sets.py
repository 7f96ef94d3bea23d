"""Label sets: which class each symbol is, and which symbols are one labelled object together.

A label set is a TOML file. Its classes are tried in order:

``of``        kinds (names or patterns such as ``rest*``) that are of the class one by one,
``when``      conditions on them: ``small``, ``grace``, ``on_line``, ``staff_position``, ``role``;
``sequence``  the kinds of one element's symbols from left to right, all of them: word dynamics;
``group``     kinds of one element's symbols that are one object; ``needs`` must be among them;
``linked``    kinds that are one object where they belong to each other (notehead, stem, flag …);
              ``needs`` must be among them, ``without`` must not be linked to them.

Composed classes (``sequence``, ``group``, ``linked``) take their symbols before the others.
A set may stand on another (``base``) and ``keep``, ``drop``, ``rename`` or ``merge`` its classes.
"""

import json
import tomllib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from deepscores.errors import RecipeError
from deepscores.page.geometry import Box
from deepscores.page.labels.plugins import external_label_sets, read_table
from deepscores.page.model import Symbol, Symbols, Words
from deepscores.page.overlaps import overlap

_COMPOSING = ("sequence", "group", "linked")
_LISTS = ("of", *_COMPOSING, "needs", "without")
_KEYS = {"id", "name", "description", "smufl", "of", "when", "needs", "without", *_COMPOSING}
_CONDITIONS = {"small", "grace", "on_line", "staff_position", "role"}
_TOP = {"name", "version", "description", "base", "keep", "drop", "rename", "merge", "class"}
_LARGEST = 65_535
_new = tuple.__new__  # a named tuple from all its fields, in a third of its constructor's time


Conditions = tuple[tuple[str, tuple[object, ...]], ...]


class LabelClass(NamedTuple):
    """One class of a label set."""

    id: int  # 1…N; 0 is paper
    name: str
    description: str = ""
    smufl: str = ""  # SMuFL name of its glyph, if it has one
    of: tuple[str, ...] = ()
    when: Conditions = ()
    sequence: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    without: tuple[str, ...] = ()


class LabelledObject(NamedTuple):
    """One labelled object on a page: a symbol, or several composed."""

    number: int  # of its first symbol
    class_id: int
    members: tuple[int, ...]  # symbol numbers
    box: Box


@dataclass(frozen=True)
class LabelSet:
    """Classes with ids 1…N without gaps; what it is, is its content, wherever it was read from."""

    name: str
    version: int
    description: str
    classes: tuple[LabelClass, ...]

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker gets the set with every task; the rules it looked up for one serve the next.
        fields = (self.name, self.version, self.description, self.classes)
        return _restore, (self.digest, *fields)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that the set says, in hexadecimal."""
        text = json.dumps(self.as_table(), ensure_ascii=False, sort_keys=True, default=str)
        return sha256(text.encode()).hexdigest()

    def as_identity(self) -> dict[str, str]:
        """What tells the set from others: its name for people, its digest for programs."""
        return {"name": self.name, "sha256": self.digest}

    def class_named(self, name: str) -> LabelClass:
        for label_class in self.classes:
            if label_class.name == name:
                return label_class
        raise RecipeError(f"label set {self.name!r} has no class {name!r}")

    def as_table(self) -> dict[str, Any]:
        """The set as plain values, complete: `parse_label_set_table` reads it back."""
        classes = []
        for label_class in self.classes:
            entry = {
                key: value for key, value in label_class._asdict().items() if value not in ("", ())
            }
            if label_class.when:
                entry["when"] = {key: list(values) for key, values in label_class.when}
            classes.append(
                {key: list(v) if isinstance(v, tuple) else v for key, v in entry.items()}
            )
        head = {"name": self.name, "version": self.version, "description": self.description}
        return {**head, "class": classes}

    def label(self, symbols: Sequence[Symbol]) -> list[LabelledObject]:
        """The labelled objects of a page, ordered by their first symbol.

        *symbols* are all of a page, numbered from 1. A symbol is in at most one object; what no
        class covers is unlabelled. Objects of one class that coincide (two voices' rests or unison)
        are one object: nobody can see two.
        """
        columns = Symbols.of(symbols)
        is_taken = np.zeros(len(columns), np.bool_)
        objects: list[LabelledObject] = []
        composable = columns.rows(np.flatnonzero(columns.kind.where(self._composable)))
        kinds = {symbol.kind for symbol in composable}
        for rule in self._composed:
            if not self._can_compose(rule, kinds):
                continue
            free = [symbol for symbol in composable if not is_taken[symbol.number - 1]]
            for members in _compositions(rule, free, columns, self._letters):
                places = [number - 1 for number in members]
                is_taken[places] = True
                x0, y0 = columns.box[places, :2].min(axis=0).tolist()
                x1, y1 = columns.box[places, 2:].max(axis=0).tolist()
                composed_object = LabelledObject(
                    min(members), rule.id, tuple(sorted(members)), Box(x0, y0, x1, y1)
                )
                objects.append(composed_object)
        class_ids = np.where(is_taken, 0, self._class_ids(columns))
        rows = np.flatnonzero(class_ids)
        plain_objects = zip(
            (rows + 1).tolist(), class_ids[rows].tolist(), columns.box[rows].tolist(), strict=True
        )
        composed = np.array(
            [composed_object.box for composed_object in objects], np.float64
        ).reshape(-1, 4)
        boxes = np.concatenate([composed, columns.box[rows]])
        ids = np.concatenate(
            [
                np.array([composed_object.class_id for composed_object in objects], np.int64),
                class_ids[rows],
            ]
        )
        objects += [
            _new(LabelledObject, (number, class_id, (number,), _new(Box, box)))
            for number, class_id, box in plain_objects
        ]
        return sorted(_unite_coincident(objects, boxes, ids))

    def _class_ids(self, symbols: Symbols) -> NDArray[np.int64]:
        """The class of each symbol by itself, 0 where none covers it."""
        rules = [self._rules_of(kind) for kind in symbols.kind.words]
        plain = [
            rules_of_kind[0].id if len(rules_of_kind) == 1 and not rules_of_kind[0].when else 0
            for rules_of_kind in rules
        ]
        class_ids = np.array(plain or [0], np.int64)[symbols.kind.codes]
        for code, rules_of_kind in enumerate(rules):
            if plain[code] or not rules_of_kind:
                continue
            rows = np.flatnonzero(symbols.kind.codes == code)
            for rule in reversed(rules_of_kind):  # the first that fits has the last word
                fits = np.ones(len(rows), np.bool_)
                for key, values in rule.when:
                    fits &= _hold(symbols, rows, key, values)
                class_ids[rows[fits]] = rule.id
        return class_ids

    @cached_property
    def _composed(self) -> tuple[LabelClass, ...]:
        return tuple(
            label_class
            for label_class in self.classes
            if label_class.sequence or label_class.group or label_class.linked
        )

    @cached_property
    def _letters(self) -> frozenset[str]:
        return frozenset(kind for label_class in self._composed for kind in label_class.sequence)

    @cached_property
    def _composing(self) -> tuple[str, ...]:
        return tuple(
            {
                kind
                for label_class in self._composed
                for kind in label_class.group + label_class.linked
            }
        )

    @cached_property
    def _rules(self) -> dict[str, list[LabelClass]]:
        return {}  # by kind, filled as kinds are met

    def _rules_of(self, kind: str) -> list[LabelClass]:
        """The classes of single symbols that the *kind* may be of, in order."""
        rules = self._rules.get(kind)
        if rules is None:
            rules = self._rules[kind] = [
                label_class for label_class in self.classes if _matches(kind, label_class.of)
            ]
        return rules

    def _composable(self, kind: str) -> bool:
        is_composable = self._composables.get(kind)
        if is_composable is None:
            is_composable = kind in self._letters or _matches(kind, self._composing)
            self._composables[kind] = is_composable
        return is_composable

    @cached_property
    def _composables(self) -> dict[str, bool]:
        return {}

    def _can_compose(self, rule: LabelClass, kinds: set[str]) -> bool:
        if rule.sequence:
            return kinds.issuperset(rule.sequence)
        return any(_matches(kind, rule.group + rule.linked) for kind in kinds)


_restored: dict[str, LabelSet] = {}  # by digest
_MAX_RESTORED = 8


def _restore(
    digest: str, name: str, version: int, description: str, classes: tuple[LabelClass, ...]
) -> LabelSet:
    """The set with this content, the same object each time while few sets are in use."""
    if digest not in _restored:
        if len(_restored) >= _MAX_RESTORED:
            _restored.clear()
        _restored[digest] = LabelSet(name, version, description, classes)
    return _restored[digest]


@cache
def _matches(kind: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(kind, pattern) for pattern in patterns)


def _hold(
    symbols: Symbols, rows: NDArray[np.int64], key: str, values: tuple[object, ...]
) -> NDArray[np.bool_]:
    """Of which of *rows* a condition is true."""
    if key == "on_line":
        positions = symbols.staff_position[rows]
        return ~np.isnan(positions) & _any_of(positions % 2 == 0, values)
    column = getattr(symbols, key)
    if isinstance(column, Words):
        return column.among(values)[rows]  # type: ignore[arg-type]
    return _any_of(column[rows], values)


def _any_of(column: NDArray[Any], values: tuple[object, ...]) -> NDArray[np.bool_]:
    """Where *column* has one of *values*: far quicker than `np.isin` for one or two."""
    has_any = np.zeros(len(column), np.bool_)
    for value in values:
        has_any |= column == value
    return has_any


_SAME_OBJECT_OVERLAP = (
    0.95  # intersection over union, above which two boxes of a class are one object
)


def _unite_coincident(
    objects: list[LabelledObject], boxes: NDArray[np.float64], classes: NDArray[np.int64]
) -> list[LabelledObject]:
    """*objects*, those of one class in the same place as one; their *boxes* and *classes* again."""
    x0, y0, x1, y1 = boxes.T
    # Along this line neither a chord's heads nor a staff's lines lie on one point.
    keys = x0 + 1.4 * y0
    order = np.lexsort((keys, classes))
    keys, classes = keys[order], classes[order]
    sizes = (x1 - x0 + 1.4 * (y1 - y0))[order]
    reach = keys + (1 - _SAME_OBJECT_OVERLAP) / _SAME_OBJECT_OVERLAP * sizes
    candidates: list[tuple[int, int]] = []
    for place in np.flatnonzero((classes[1:] == classes[:-1]) & (keys[1:] <= reach[:-1])).tolist():
        neighbour = place + 1
        while (
            neighbour < len(keys)
            and keys[neighbour] <= reach[place]
            and classes[neighbour] == classes[place]
        ):
            candidates.append((int(order[place]), int(order[neighbour])))
            neighbour += 1
    if not candidates:
        return objects
    rows, neighbours = np.array(candidates).T
    is_same = overlap(boxes[rows], boxes[neighbours]) > _SAME_OBJECT_OVERLAP
    into: dict[int, int] = {}
    for index, duplicate in zip(rows[is_same].tolist(), neighbours[is_same].tolist(), strict=True):
        into[duplicate] = into.get(index, index)
    united = dict(enumerate(objects))
    for duplicate, index in into.items():
        first, second = united[index], united.pop(duplicate)
        members = tuple(sorted(first.members + second.members))
        united[index] = LabelledObject(members[0], first.class_id, members, first.box | second.box)
    return list(united.values())


def _compositions(
    rule: LabelClass,
    free: Sequence[Symbol],
    symbols: Symbols,
    letters: frozenset[str],
) -> Iterable[list[int]]:
    if rule.linked:
        yield from _compose_linked(rule, free, symbols)
        return
    for key, values in rule.when:
        fits = _hold(
            symbols, np.array([symbol.number - 1 for symbol in free], np.int64), key, values
        )
        free = [symbol for symbol, is_so in zip(free, fits.tolist(), strict=True) if is_so]
    kinds_of_sequence = letters if rule.sequence else None
    groups: dict[int, list[Symbol]] = defaultdict(list)
    for symbol in free:
        is_candidate = (
            symbol.kind in kinds_of_sequence
            if kinds_of_sequence
            else _matches(symbol.kind, rule.group)
        )
        if is_candidate:
            groups[symbol.group].append(symbol)
    for members in groups.values():
        kinds = [symbol.kind for symbol in sorted(members, key=lambda symbol: symbol.box.x0)]
        is_whole = tuple(kinds) == rule.sequence if rule.sequence else _has_all(kinds, rule.needs)
        if is_whole:
            yield [symbol.number for symbol in members]


def _has_all(kinds: Sequence[str], needs: Sequence[str]) -> bool:
    return all(any(fnmatchcase(kind, pattern) for kind in kinds) for pattern in needs)


def _compose_linked(
    rule: LabelClass, free: Sequence[Symbol], symbols: Symbols
) -> Iterable[list[int]]:
    """Connected sets of the rule's kinds along the parent links."""
    candidates = {symbol.number for symbol in free if _matches(symbol.kind, rule.linked)}
    links: dict[int, list[int]] = defaultdict(list)
    for number, parent in enumerate(symbols.parent.tolist(), start=1):
        if parent:
            links[number].append(parent)
            links[parent].append(number)
    kind_of = symbols.kind.tolist()
    visited: set[int] = set()
    for first in sorted(candidates):
        if first in visited:
            continue
        members, edge = [first], [first]
        visited.add(first)
        barred = False
        while edge:
            for neighbour in links[edge.pop()]:
                if neighbour in candidates and neighbour not in visited:
                    visited.add(neighbour)
                    members.append(neighbour)
                    edge.append(neighbour)
                elif neighbour not in candidates:
                    barred |= _matches(kind_of[neighbour - 1], rule.without)
        kinds = [kind_of[number - 1] for number in members]
        if not barred and _has_all(kinds, rule.needs):
            yield sorted(members)


def built_in_sets() -> list[str]:
    """Names of the label sets in the package."""
    folder = files("deepscores.page.labels") / "sets"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir())


def load_label_set(name: str) -> LabelSet:
    """The label set called *name*, or in the TOML file at that path, as it is now.

    Raise RecipeError where there is none, or where it contradicts itself.
    """
    if name in built_in_sets():
        return _built_in(name)
    if point := external_label_sets(built_in_sets()).get(name):
        return parse_label_set_table(read_table(point), name)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        known = ", ".join([*built_in_sets(), *external_label_sets(built_in_sets())])
        raise RecipeError(f"no label set {name!r}; there are {known}, or a TOML file") from None
    return parse_label_set(text, name)


def resolve_label_set(labels: str | LabelSet | None) -> LabelSet | None:
    """The label set that a user names, or has in hand; None where none is asked for.

    To be called once, where the user's words come in: from there on the set itself is passed.
    """
    if not labels:
        return None
    return labels if isinstance(labels, LabelSet) else load_label_set(labels)


@cache  # the package's own files do not change while it runs
def _built_in(name: str) -> LabelSet:
    text = (files("deepscores.page.labels") / "sets" / f"{name}.toml").read_text("utf-8")
    return parse_label_set(text, name)


def parse_label_set(text: str, source: str) -> LabelSet:
    """Read a label set from TOML; *source* names it in errors."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{source}: {error}") from None
    return parse_label_set_table(table, source)


def parse_label_set_table(table: Mapping[str, Any], source: str) -> LabelSet:
    """Read a label set from plain values; *source* names it in errors."""
    _require_keys(table, _TOP, source)
    _require_shapes(table, source)
    for new, patterns in table.get("merge", {}).items():
        _require_shapes({"of": patterns}, f"{source}: merge {new}")
    for old_name, new in table.get("rename", {}).items():
        _require_shapes({"name": new}, f"{source}: rename {old_name}")
    if table.get("base") == source:
        raise RecipeError(f"{source}: stands on itself")
    classes = [_parse_class(entry, source) for entry in table.get("class", [])]
    if "base" in table:
        classes = _derive(load_label_set(table["base"]).classes, table, source) + classes
        classes = [
            label_class._replace(id=number) for number, label_class in enumerate(classes, start=1)
        ]
    _check(classes, source)
    return LabelSet(
        str(table.get("name", Path(source).stem)),
        int(table.get("version", 1)),
        str(table.get("description", "")),
        tuple(classes),
    )


def _derive(base: Sequence[LabelClass], table: Mapping[str, Any], source: str) -> list[LabelClass]:
    classes = list(base)
    names = [label_class.name for label_class in classes]
    for key in ("keep", "drop"):
        for pattern in table.get(key, []):
            _require_match(pattern, names, f"{source}: {key}")
    keep, drop = tuple(table.get("keep", ["*"])), tuple(table.get("drop", []))
    classes = [
        label_class
        for label_class in classes
        if _matches(label_class.name, keep) and not _matches(label_class.name, drop)
    ]
    for new, patterns in table.get("merge", {}).items():
        for pattern in patterns:
            _require_match(pattern, names, f"{source}: merge {new}")
        classes = _merge(classes, new, tuple(patterns), source)
    for old_name, new in table.get("rename", {}).items():
        _require_match(old_name, names, f"{source}: rename")
        classes = [
            label_class._replace(name=new)
            if label_class.name == old_name
            else _with_default_kind(label_class)
            for label_class in classes
        ]
    return [_with_default_kind(label_class) for label_class in classes]


def _with_default_kind(label_class: LabelClass) -> LabelClass:
    """Spell out what a class of ``full`` leaves unsaid: it is the kind of its name."""
    plain = label_class.of or label_class.sequence or label_class.group or label_class.linked
    return label_class if plain else label_class._replace(of=(label_class.name,))


def _merge(
    classes: list[LabelClass], new: str, patterns: tuple[str, ...], source: str
) -> list[LabelClass]:
    members = [
        _with_default_kind(label_class)
        for label_class in classes
        if _matches(label_class.name, patterns)
    ]
    if not members:
        return classes
    if any(label_class.when != members[0].when or not label_class.of for label_class in members):
        raise RecipeError(
            f"{source}: merge {new}: only classes of single symbols under the same conditions merge"
        )
    kinds = tuple(kind for label_class in members for kind in label_class.of)
    merged = members[0]._replace(name=new, description="", smufl="", of=kinds)
    place = next(
        index for index, label_class in enumerate(classes) if _matches(label_class.name, patterns)
    )
    rest = [label_class for label_class in classes if not _matches(label_class.name, patterns)]
    return [*rest[:place], merged, *rest[place:]]


def _parse_class(entry: Mapping[str, Any], source: str) -> LabelClass:
    if not isinstance(entry.get("name"), str) or not entry["name"]:
        raise RecipeError(f"{source}: a class without a name")
    name = entry["name"]
    _require_keys(entry, _KEYS, f"{source}: class {name}")
    _require_shapes(entry, f"{source}: class {name}")
    _require_keys(entry.get("when", {}), _CONDITIONS, f"{source}: class {name}: when")
    if sum(key in entry for key in ("of", *_COMPOSING)) > 1:
        raise RecipeError(f"{source}: class {name}: only one of 'of', {', '.join(_COMPOSING)}")
    when = tuple(
        (key, tuple(value) if isinstance(value, list) else (value,))
        for key, value in entry.get("when", {}).items()
    )
    lists = {key: tuple(entry.get(key, ())) for key in _LISTS}
    return _with_default_kind(
        LabelClass(
            int(entry.get("id", 0)),
            name,
            str(entry.get("description", "")),
            str(entry.get("smufl", "")),
            when=when,
            **lists,
        )
    )


def _check(classes: Sequence[LabelClass], source: str) -> None:
    if not classes:
        raise RecipeError(f"{source}: a label set without classes")
    if len(classes) > _LARGEST:
        raise RecipeError(f"{source}: more than {_LARGEST} classes")
    if [label_class.id for label_class in classes] != list(range(1, len(classes) + 1)):
        raise RecipeError(f"{source}: class ids must be 1…{len(classes)} in order, without gaps")
    names = [label_class.name for label_class in classes]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RecipeError(f"{source}: class {twice[0]!r} stands twice")
    odd = [name for name in names if not name.replace("-", "").replace("_", "").isalnum()]
    if odd:
        raise RecipeError(f"{source}: class name {odd[0]!r}: letters, digits, - and _ only")


def _require_keys(table: Any, keys: set[str], source: str) -> None:
    if not isinstance(table, Mapping):
        raise RecipeError(f"{source}: should be a table")
    unknown = sorted(set(table) - keys)
    if unknown:
        raise RecipeError(f"{source}: unknown key {unknown[0]!r}; known: {', '.join(sorted(keys))}")


def _require_shapes(table: Mapping[str, Any], source: str) -> None:
    for key, value in table.items():
        shape, fits = next((shape, fits) for shape, fits, keys in _SHAPES if key in keys)
        if not fits(value):
            raise RecipeError(f"{source}: {key} should be {shape}")


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(table, Mapping) for table in value)


_SHAPES: tuple[tuple[str, Callable[[Any], bool], Collection[str]], ...] = (
    ("a string", lambda value: isinstance(value, str), {"name", "description", "smufl", "base"}),
    ("a whole number", lambda value: type(value) is int, {"id", "version"}),
    ("a list of names", _is_names, {"keep", "drop", *_LISTS}),
    ("a list of tables", _is_tables, {"class"}),
    ("a table", lambda value: isinstance(value, Mapping), {"when", "rename", "merge"}),
)


def _require_match(pattern: str, names: Sequence[str], source: str) -> None:
    if not any(fnmatchcase(name, pattern) for name in names):
        raise RecipeError(f"{source}: no class {pattern!r}")
