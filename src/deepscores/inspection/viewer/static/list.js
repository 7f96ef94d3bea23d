// The list of pages: only what is in sight has elements, and rows are fetched as they come.

import { element, number } from "/static/dom.js";
import { ask } from "/static/server.js";

const ROW = 26; // pixels, as in style.css
const CHUNK = 100; // rows fetched at once
const MARGIN = 8; // rows beyond what is in sight

export class PageList {
  constructor(place, { onOpen, onError }) {
    this.place = place;
    this.inner = place.firstElementChild;
    this.onOpen = onOpen;
    this.onError = onError;
    this.turn = 0;
    this.total = 0;
    this.chunks = new Map();
    place.addEventListener("scroll", () => this.render());
    new ResizeObserver(() => this.render()).observe(place);
  }

  // Take the pages that pass *filters*; resolves to how many there are.
  async show(filters) {
    const turn = ++this.turn;
    const first = await ask("pages", { ...filters, first: 0, count: CHUNK });
    if (turn !== this.turn) return this.total; // another filter has come
    this.filters = filters;
    this.chunks = new Map([[0, first.rows]]);
    this.total = first.total;
    this.inner.style.height = `${ROW * this.total}px`;
    this.place.scrollTop = 0;
    this.render();
    return this.total;
  }

  async row(index) {
    const chunk = Math.floor(index / CHUNK);
    const known = this.chunks.get(chunk);
    if (known && !(known instanceof Promise)) return known[index % CHUNK];
    return (await this.fetch(chunk))[index % CHUNK];
  }

  mark(index) {
    this.marked = index;
    if (index !== null) {
      const [top, high] = [ROW * index, this.place.clientHeight];
      if (top < this.place.scrollTop || top + ROW > this.place.scrollTop + high) {
        this.place.scrollTop = top - high / 3;
      }
    }
    this.render();
  }

  render() {
    const first = Math.max(0, Math.floor(this.place.scrollTop / ROW) - MARGIN);
    const last = Math.min(this.total, Math.ceil((this.place.scrollTop + this.place.clientHeight) / ROW) + MARGIN);
    const rows = [];
    for (let index = first; index < last; index++) {
      const known = this.chunks.get(Math.floor(index / CHUNK));
      if (Array.isArray(known)) rows.push(this.line(index, known[index % CHUNK]));
      else if (!known) this.fetch(Math.floor(index / CHUNK)).then(() => this.render(), this.onError);
    }
    this.inner.replaceChildren(...rows);
  }

  fetch(chunk) {
    const { chunks } = this;
    if (chunks.get(chunk) instanceof Promise) return chunks.get(chunk);
    const coming = ask("pages", { ...this.filters, first: CHUNK * chunk, count: CHUNK }).then(
      ({ rows }) => {
        chunks.set(chunk, rows);
        return rows;
      },
      (error) => {
        chunks.delete(chunk);
        throw error;
      },
    );
    chunks.set(chunk, coming);
    return coming;
  }

  line(index, row) {
    if (!row) return "";
    const open = (event) => {
      event.preventDefault();
      this.onOpen(row.page);
    };
    const line = element(
      "a",
      { href: `?page=${encodeURIComponent(row.page)}`, title: `${row.page}\n${row.font}, ${row.split}`, role: "option", tabindex: "-1", onclick: open },
      element("span", {}, element("bdi", {}, row.page)),
      element("small", { title: "symbols" }, number(row.symbols)),
    );
    line.style.top = `${ROW * index}px`;
    line.setAttribute("aria-selected", String(index === this.marked));
    return line;
  }
}
