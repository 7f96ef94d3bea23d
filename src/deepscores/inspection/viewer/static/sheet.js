// A page's symbols and the runs of its pixels, and what lies where.

export class Sheet {
  constructor(answer) {
    this.name = answer.row.page;
    this.row = answer.row;
    this.score = answer.score;
    this.findings = answer.findings;
    this.symbols = symbolsFrom(answer.symbols);
    this.byNumber = new Map(this.symbols.map((one) => [one.number, one]));
    this.objects = objectsFrom(this.symbols);
    this.runs = {}; // by kind: what askRuns gave
  }

  objectsOf(classId) {
    return this.objects.filter((one) => one.classId === classId);
  }

  // Symbols at a point, the one that owns its pixel first, then by size: so a second click
  // reaches what lies under the first.
  at(x, y, reach) {
    const owner = this.ownerAt(x, y);
    const near = this.symbols.filter((one) => contains(one.box, x, y, reach));
    near.sort((a, b) => (b.number === owner) - (a.number === owner) || area(a.box) - area(b.box));
    const found = near.map((one) => one.number);
    return owner && !found.includes(owner) ? [owner, ...found] : found;
  }

  ownerAt(x, y) {
    const runs = this.runs.instances;
    if (!runs) return 0;
    const [width, height] = runs;
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (column < 0 || row < 0 || column >= width || row >= height) return 0;
    return valueAt(runs, row * width + column);
  }
}

function symbolsFrom(columns) {
  return columns.number.map((number, at) => ({
    number,
    object: columns.object[at] ?? 0,
    classId: columns.class_id[at] ?? 0,
    kind: columns.kind[at] ?? "",
    smufl: columns.smufl[at] ?? "",
    parent: columns.parent[at] ?? 0,
    group: columns.group[at] ?? 0,
    box: columns.box.slice(4 * at, 4 * at + 4),
    oriented: columns.oriented.length ? columns.oriented.slice(8 * at, 8 * at + 8) : null,
  }));
}

function objectsFrom(symbols) {
  const found = new Map();
  for (const { object, classId, box } of symbols) {
    if (!object) continue;
    const known = found.get(object);
    if (known) known.box = union(known.box, box);
    else found.set(object, { number: object, classId, box: [...box] });
  }
  return [...found.values()];
}

// Runs are width, height, then pairs of end and value: the first end beyond the place is its run's.
function valueAt(runs, place) {
  let low = 0;
  let high = runs.length / 2 - 2;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[2 + 2 * middle] > place) high = middle;
    else low = middle + 1;
  }
  return runs[3 + 2 * low];
}

const area = ([x0, y0, x1, y1]) => (x1 - x0) * (y1 - y0);
const contains = ([x0, y0, x1, y1], x, y, reach) =>
  x >= x0 - reach && x < x1 + reach && y >= y0 - reach && y < y1 + reach;
const union = (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[2], b[2]), Math.max(a[3], b[3])];
export const centre = ([x0, y0, x1, y1]) => [(x0 + x1) / 2, (y0 + y1) / 2];
