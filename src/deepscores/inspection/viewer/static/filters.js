// The form by which pages are chosen.

import { element, number, replace } from "/static/dom.js";
import { FILTERS } from "/static/address.js";

export class Filters {
  constructor(form, overview, { onChange }) {
    this.form = form;
    this.onChange = onChange;
    const { choices, orders, checks } = overview;
    const [fewest, most] = overview.symbols_a_page;
    const counted = (pairs) => pairs.map(([value, count]) => [value, `${value} (${number(count)})`]);
    replace(
      form,
      ...field("name", "name", input("search", { placeholder: "part of it" })),
      ...field("class", "class", select([])),
      ...field("font", "font", select(counted(choices.font))),
      ...field("engraver", "engraver", select(counted(choices.engraver))),
      ...field("split", "split", select(counted(choices.split))),
      ...field("size", "page size", select(counted(choices.size))),
      element("label", { htmlFor: "filter-least" }, "symbols"),
      element(
        "span", { className: "pair" },
        named("least", input("number", { min: 0, placeholder: fewest, "aria-label": "at least so many symbols" })), "to",
        named("most", input("number", { min: 0, placeholder: most, "aria-label": "at most so many symbols" })),
      ),
      ...field("finding", "finding", findingSelect(checks, counted)),
      ...field("order", "order", select(orders.map((one) => [one === orders[0] ? "" : one, one]), false)),
      element("button", { type: "button", id: "clear", onclick: () => this.clear() }, "all pages"),
    );
    form.addEventListener("change", () => onChange(this.read()));
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  // All classes, or, when they are counted, those that occur, with on how many pages.
  setClasses(classes, pages) {
    const chosen = this.form.elements.class.value || this.wanted || "";
    const shown = classes
      .map((one, at) => [one.name, pages ? `${one.name} (${number(pages[at])})` : one.name, pages ? pages[at] : 1])
      .filter(([name, , count]) => count || name === chosen);
    this.form.elements.class.replaceChildren(...options(shown, true));
    this.form.elements.class.value = chosen;
  }

  read() {
    return Object.fromEntries(FILTERS.map((name) => [name, this.form.elements[name].value.trim()]));
  }

  write(filters) {
    for (const name of FILTERS) this.form.elements[name].value = filters[name] ?? "";
    this.wanted = filters.class;
  }

  clear() {
    this.write({});
    this.onChange(this.read());
  }
}

function field(name, label, control) {
  return [element("label", { htmlFor: `filter-${name}` }, label), named(name, control)];
}

function named(name, control) {
  control.name = name;
  control.id = `filter-${name}`;
  return control;
}

const input = (type, properties) => element("input", { type, ...properties });

const select = (pairs, any = true) => element("select", {}, ...options(pairs, any));

const options = (pairs, any) =>
  [...(any ? [["", "any"]] : []), ...pairs].map(([value, text]) => element("option", { value }, text));

function findingSelect(checks, counted) {
  if (checks === null) {
    return element("select", { disabled: true, title: "no findings are open: deepscores check DATASET --json FILE, then --findings FILE" }, element("option", { value: "" }, "no audit open"));
  }
  return element("select", {}, element("option", { value: "" }, "not asked"), element("option", { value: "any" }, "any check"), ...options(counted(checks), false));
}
