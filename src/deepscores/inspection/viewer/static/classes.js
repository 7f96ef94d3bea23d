// The list of classes: how many there are, which are shown, and the way to the rare ones.

import { element, number, replace } from "/static/dom.js";

const ORDERS = ["on this page", "rarest", "most frequent", "by id"];

export class Classes {
  constructor(place, overview, { onToggle, onJump }) {
    this.place = place;
    this.classes = overview.classes;
    this.onToggle = onToggle;
    this.onJump = onJump;
    this.objects = null; // of the dataset, by id - 1
    this.counts = new Map(); // of the page, by id
    this.hide = new Set();
    this.order = element("select", { id: "class-order", "aria-label": "order of classes", onchange: () => this.render() },
      ...ORDERS.map((one) => element("option", {}, one)));
    this.rows = element("div");
    const all = (shown) => () => onToggle(shown ? [] : this.listed().map((one) => one.name), true);
    replace(
      place,
      element("div", { className: "bar" }, this.order,
        element("button", { id: "show-all", onclick: all(true) }, "show all"),
        element("button", { id: "hide-all", onclick: all(false) }, "hide all")),
      this.rows,
    );
  }

  // Classes with an object, rarest first.
  rarest() {
    if (!this.objects) return [];
    return this.classes.filter((one) => this.total(one)).sort((a, b) => this.total(a) - this.total(b) || a.id - b.id);
  }

  total(one) {
    return this.objects ? this.objects[one.id - 1] : 0;
  }

  update({ counts = this.counts, objects = this.objects, hide = this.hide, chosen = this.chosen }) {
    Object.assign(this, { counts, objects, hide, chosen });
    this.render();
  }

  listed() {
    const here = (one) => this.counts.get(one.id) ?? 0;
    switch (this.order.value) {
      case "rarest": return this.rarest();
      case "most frequent": return this.rarest().reverse();
      case "by id": return this.classes;
      default: return this.classes.filter(here).sort((a, b) => here(b) - here(a) || a.id - b.id);
    }
  }

  render() {
    const rows = this.listed().map((one) => this.row(one));
    replace(this.rows, ...(rows.length ? rows : [element("p", { className: "quiet" }, "no labelled object on this page")]));
  }

  row(one) {
    const here = this.counts.get(one.id) ?? 0;
    const total = this.objects ? ` / ${number(this.total(one))}` : "";
    const id = `class-${one.id}`;
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = one.colour;
    const row = element(
      "div", { className: "class" },
      element("input", { type: "checkbox", id, checked: !this.hide.has(one.name), onchange: () => this.onToggle([one.name], false) }),
      swatch,
      element("label", { className: "name", htmlFor: id, title: `${one.id} ${one.name}: ${one.description}` }, one.name),
      element("span", { className: "count", title: "on this page / in the dataset" }, `${number(here)}${total}`),
      element("button", { title: `to the pages with ${one.name}`, "aria-label": `to the pages with ${one.name}`, onclick: () => this.onJump(one.name) }, "→"),
    );
    row.classList.toggle("absent", !here);
    row.classList.toggle("chosen", one.name === this.chosen);
    return row;
  }
}
