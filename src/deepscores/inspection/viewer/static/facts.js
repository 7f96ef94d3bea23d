// What is known: of a symbol, of its music, of the page, and what an audit found on it.

import { element, number, replace } from "/static/dom.js";

const LINKS = new Set(["parent", "group", "object"]); // columns that name another symbol
const LONGEST = 200; // characters of a value

export function showSymbol(place, row, children, onSelect) {
  if (!row) {
    replace(place, element("p", { className: "quiet" }, "Click a symbol on the page."));
    return;
  }
  const title = row.class || `${row.kind} (not in the label set)`;
  replace(
    place,
    element("h3", { id: "symbol-title" }, `${title} · symbol ${row.number}`),
    element("div", { id: "music" }, element("p", { className: "quiet" }, "…")),
    children.length
      ? element("div", { className: "chips" }, "belonging to it: ", ...children.map((one) => linkTo(one.number, `${one.kind} ${one.number}`, onSelect)))
      : null,
    table(row, (name, value) => (LINKS.has(name) && value && value !== row.number ? linkTo(value, String(value), onSelect) : null)),
  );
}

// *answer* is the music behind *symbol*, or behind *other*, which it belongs to or consists of.
export function showMusic(place, answer, other, symbol) {
  const { music } = answer;
  if (!music) {
    replace(place, element("p", { className: "quiet" }, answer.error ?? "the score has no element for it"));
    return;
  }
  const where = music.measure === null ? "outside measures" : `in measure ${music.measure || "without number"}`;
  const text = element("pre", { id: "element" }, music.text);
  const parts = [element("h3", {}, `‹${music.tag}› ${where}`), element("div", { className: "quiet" }, music.path.join(" › ")), text];
  if (!other) parts.unshift(element("p", { className: "quiet" }, "drawn without an element of its own; this is its measure:"));
  else if (other.number !== symbol) parts.unshift(element("p", { className: "quiet" }, `drawn without an element of its own; this is that of ${other.kind} ${other.number}:`));
  if (music.measure !== null && music.tag !== "measure") parts.push(measureOf(music));
  replace(place, ...parts);
}

function measureOf({ measure_text: whole, first_line: first, lines }) {
  const rows = whole.split("\n");
  const mark = element("mark", {}, rows.slice(first, first + lines).join("\n"));
  const shown = element("pre", { id: "measure" }, `${rows.slice(0, first).join("\n")}\n`, first < 0 ? "" : mark, rows.slice(first + lines).join("\n"));
  const open = () => {
    shown.scrollTop = mark.offsetTop - shown.offsetTop - shown.clientHeight / 3;
  };
  return element("details", { id: "measure-text", open: true, ontoggle: open }, element("summary", {}, "the whole measure"), shown);
}

export function showPage(place, sheet) {
  const style = sheet.row.style;
  const row = { ...sheet.row, style: style && style !== "{}" ? style : "" };
  replace(place, table(row), element("h3", {}, "Score"), table(sheet.score));
}

export function showFindings(place, sheet, elsewhere, onSelect) {
  const lines = sheet.findings.map((one) =>
    element("button", { className: "finding", onclick: () => onSelect(Number(one.object) || 0) }, `${one.check}${one.object ? ` #${one.object}` : ""}: ${one.detail}`));
  const rest = elsewhere.map((one) => element("li", {}, `${one.check}: ${one.where}: ${one.detail}`));
  replace(
    place,
    ...(lines.length ? lines : [element("p", { className: "quiet" }, "none on this page")]),
    rest.length ? element("details", {}, element("summary", {}, `${number(rest.length)} about the dataset`), element("ul", {}, ...rest)) : null,
  );
}

function table(row, shown = () => null) {
  const cells = Object.entries(row).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, shown(name, value) ?? text(value))]);
  return element("dl", {}, ...cells);
}

function text(value) {
  if (value === null || value === "") return "–";
  const whole = Array.isArray(value) ? value.map(short).join(" ") : String(short(value));
  return whole.length > LONGEST ? `${whole.slice(0, LONGEST)}… (${number(whole.length)} characters)` : whole;
}

const short = (value) => (typeof value === "number" ? Math.round(1000 * value) / 1000 : value);

const linkTo = (number_, words, onSelect) => element("button", { onclick: () => onSelect(number_) }, words);
