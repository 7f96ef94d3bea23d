// The viewer: keeps what is chosen, and has the parts show it.

import { readAddress, writeAddress } from "/static/address.js";
import { Classes } from "/static/classes.js";
import { number } from "/static/dom.js";
import { showFindings, showMusic, showPage, showSymbol } from "/static/facts.js";
import { Filters } from "/static/filters.js";
import { drawLayers } from "/static/layers.js";
import { PageList } from "/static/list.js";
import { paintMask, paintOne, symbolColour } from "/static/masks.js";
import { address, ask, askRuns } from "/static/server.js";
import { Sheet } from "/static/sheet.js";
import { Stage } from "/static/stage.js";

const CHOSEN = "#ff1a8c";
const COUNTING = 400; // milliseconds between two looks at how far counting has come

const at = (id) => document.getElementById(id);
const body = (id) => at(id).querySelector("div");

class Viewer {
  constructor(overview) {
    this.overview = overview;
    this.state = readAddress();
    this.turn = 0; // of pages asked for: answers for an earlier one come too late
    this.total = 0;
    this.index = null; // of the page in the list
    this.classOf = new Map(overview.classes.map((one) => [one.id, one]));
    this.idOf = new Map(overview.classes.map((one) => [one.name, one.id]));
    this.stage = new Stage(at("stage"), {
      draw: (context, view) => this.draw(context, view),
      onPick: (x, y, reach) => this.pick(x, y, reach),
      onView: ({ x, y, scale }) => {
        at("zoom").value = `${Math.round(100 * scale)} %`;
        at("stage").dataset.view = `${x} ${y} ${scale}`;
      },
    });
    this.list = new PageList(at("list"), { onOpen: (page) => this.open(page), onError: tell });
    this.filters = new Filters(at("filters"), overview, { onChange: (filters) => this.choose(filters).catch(tell) });
    this.classes = new Classes(body("classes"), overview, {
      onToggle: (names, all) => this.toggleClasses(names, all),
      onJump: (name) => this.jump(name).catch(tell),
    });
    this.filters.setClasses(overview.classes, null);
    at("dataset").textContent = overview.name;
    at("dataset").title = `${overview.folder}: ${number(overview.pages)} pages, labels ${overview.label_set}`;
    at("findings").hidden = overview.checks === null;
    document.title = `${overview.name} – deepscores view`;
    this.listen();
  }

  async start() {
    this.showLayers();
    showSymbol(body("symbol"), null, []);
    this.count().catch(tell);
    await this.restore();
  }

  // Take everything from the address: at the start, and when the browser goes back.
  async restore() {
    const { page, symbol } = this.state;
    this.filters.write(this.state.filters);
    await this.relist();
    const first = page || (this.total ? (await this.list.row(0)).page : "");
    if (first) await this.open(first, { symbol, show: Boolean(symbol), push: false });
    else tell(new Error(this.overview.pages ? "no page passes these filters" : "this dataset has no pages"));
  }

  async relist() {
    say("…");
    this.total = await this.list.show(this.state.filters);
    at("found").value = `${number(this.total)} of ${number(this.overview.pages)} pages`;
    say("");
  }

  async count() {
    for (;;) {
      const { done, objects, pages } = await ask("totals");
      if (objects) {
        this.filters.setClasses(this.overview.classes, pages);
        this.classes.update({ objects });
        at("rarest").disabled = false;
        at("rarest").title = "to the next rarest class (x)";
        return;
      }
      if (this.state.filters.class) say(`counting classes: ${Math.round(100 * done)} %`); // it waits for that
      at("rarest").disabled = true;
      at("rarest").title = `counting classes: ${Math.round(100 * done)} %`;
      await new Promise((resolve) => setTimeout(resolve, COUNTING));
    }
  }

  // Pages

  async choose(filters) {
    this.state.filters = filters;
    this.filters.write(filters);
    await this.relist();
    const { index } = this.state.page ? await ask("position", { ...filters, page: this.state.page }) : { index: null };
    if (index === null && this.total) {
      await this.open((await this.list.row(0)).page);
      return;
    }
    this.place(index);
    this.showClasses();
    this.stage.redraw();
    writeAddress(this.state, { push: true });
    if (!this.total) tell(new Error("no page passes these filters"));
  }

  async open(page, { symbol = 0, show = false, push = true } = {}) {
    const turn = ++this.turn;
    at("stage").dataset.page = "";
    say("…");
    try {
      const answer = await ask("page", { page });
      if (turn !== this.turn) return;
      this.sheet = new Sheet(answer);
      this.mask = this.chosenMask = null;
      Object.assign(this.state, { page, symbol: 0 });
      writeAddress(this.state, { push });
      this.showSheet();
      const { index } = await ask("position", { ...this.state.filters, page });
      if (turn !== this.turn) return;
      this.place(index);
      await this.stage.open(address("image", { page }));
      if (turn !== this.turn) return;
      say("");
      await this.paint();
      if (symbol) await this.select(symbol, { show });
      at("stage").dataset.page = page;
    } catch (error) {
      if (turn === this.turn) tell(error);
    }
  }

  place(index) {
    this.index = index;
    this.list.mark(index);
    at("position").value = `${index === null ? "–" : number(index + 1)} / ${number(this.total)}`;
    at("previous").disabled = index === null ? !this.total : index <= 0;
    at("next").disabled = index === null ? !this.total : index >= this.total - 1;
  }

  async step(by) {
    const index = this.index === null ? 0 : this.index + by;
    if (index < 0 || index >= this.total) return;
    this.index = index; // so that two quick steps go two pages
    await this.open((await this.list.row(index)).page);
  }

  // Classes

  async jump(name) {
    await this.choose({ ...this.filters.read(), ...blank(), class: name });
    const [first] = this.sheet.objectsOf(this.idOf.get(name));
    if (first) await this.select(first.number, { show: true });
  }

  async toRarest() {
    const classes = this.classes.rarest();
    const now = classes.findIndex((one) => one.name === this.state.filters.class);
    if (classes.length) await this.jump(classes[(now + 1) % classes.length].name);
  }

  toggleClasses(names, all) {
    const { hide } = this.state;
    if (all && !names.length) hide.clear();
    else for (const name of names) all || !hide.has(name) ? hide.add(name) : hide.delete(name);
    this.showClasses();
    this.paint().catch(tell);
    writeAddress(this.state);
  }

  // Symbols

  pick(x, y, reach) {
    const found = this.sheet.at(x, y, reach);
    const now = found.indexOf(this.state.symbol);
    this.select(found.length ? found[(now + 1) % found.length] : 0).catch(tell);
  }

  async select(symbol, { show = false } = {}) {
    const { sheet } = this;
    const one = sheet.byNumber.get(symbol);
    this.state.symbol = one ? symbol : 0;
    writeAddress(this.state);
    this.chosenMask = null;
    if (one && show) this.stage.showBox(one.box);
    if (!one) {
      showSymbol(body("symbol"), null, []);
      this.stage.redraw();
      return;
    }
    await this.ensureRuns("instances");
    if (sheet !== this.sheet || this.state.symbol !== symbol) return;
    if (sheet.runs.instances) this.chosenMask = paintOne(sheet.runs.instances, symbol, one.box, CHOSEN);
    this.stage.redraw();
    await this.showChosen(sheet, symbol);
  }

  async showChosen(sheet, symbol) {
    const row = await ask("symbol", { page: sheet.name, number: symbol });
    if (sheet !== this.sheet || this.state.symbol !== symbol) return;
    const children = sheet.symbols.filter((one) => one.parent === symbol);
    showSymbol(body("symbol"), row, children, (other) => this.select(other, { show: false }).catch(tell));
    const answer = await ask("music", { page: sheet.name, number: symbol }).catch(({ message }) => ({ error: message }));
    if (sheet === this.sheet && this.state.symbol === symbol) showMusic(at("music"), answer, sheet.byNumber.get(answer.of), symbol);
  }

  // The next object, of the class that is filtered by or of all, in reading order of the table.
  async walk(by) {
    const classId = this.idOf.get(this.state.filters.class);
    const objects = (classId ? this.sheet.objectsOf(classId) : this.sheet.objects).filter((one) => this.visibleObject(one));
    if (!objects.length) return;
    const mine = this.sheet.byNumber.get(this.state.symbol)?.object;
    const now = objects.findIndex((one) => one.number === mine);
    const next = now < 0 ? (by > 0 ? 0 : objects.length - 1) : (now + by + objects.length) % objects.length;
    await this.select(objects[next].number, { show: true });
  }

  // What is shown

  async ensureRuns(kind) {
    const { sheet } = this;
    if (sheet.runs[kind] !== undefined) return;
    try {
      const runs = await askRuns(sheet.name, kind);
      sheet.runs[kind] = runs;
    } catch (error) {
      sheet.runs[kind] = null; // the page can be looked at without
      tell(error);
    }
  }

  async paint() {
    const { sheet } = this;
    const kind = this.state.mask === "map" ? "classes" : "instances";
    await this.ensureRuns("instances"); // clicks ask it, too
    if (this.state.show.has("masks")) {
      await this.ensureRuns(kind);
      if (sheet !== this.sheet) return;
      const runs = sheet.runs[kind];
      this.mask = runs ? paintMask(runs, this.maskColour()) : null;
    }
    this.stage.redraw();
  }

  maskColour() {
    if (this.state.mask === "map") return (classId) => (this.isHidden(classId) ? null : this.colourOf(classId) ?? CHOSEN);
    const { sheet, state } = this;
    return (value) => {
      const one = sheet.byNumber.get(value);
      if (!one || !this.visible(one)) return null;
      return state.mask === "symbol" ? symbolColour(value) : this.colourOf(one.classId) ?? "#6b6b6b";
    };
  }

  colourOf(classId) {
    return this.classOf.get(classId)?.colour;
  }

  isHidden(classId) {
    return this.state.hide.has(this.classOf.get(classId)?.name);
  }

  visible(one) {
    return one.object ? !this.isHidden(one.classId) : this.state.show.has("unlabelled");
  }

  visibleObject(one) {
    return !this.isHidden(one.classId);
  }

  draw(context, view) {
    const { sheet, state } = this;
    if (!sheet) return;
    const counts = drawLayers(context, view, {
      sheet,
      show: state.show,
      mask: this.mask,
      chosen: state.symbol,
      chosenMask: this.chosenMask,
      chosenClass: this.idOf.get(state.filters.class),
      visible: (one) => this.visible(one),
      visibleObject: (one) => this.visibleObject(one),
      colourOf: (classId) => this.colourOf(classId),
      nameOf: (classId) => this.classOf.get(classId)?.name ?? String(classId),
    });
    Object.assign(at("stage").dataset, counts);
  }

  showSheet() {
    const { sheet } = this;
    showSymbol(body("symbol"), null, []);
    showPage(body("page"), sheet);
    showFindings(body("findings"), sheet, this.overview.findings_elsewhere, (symbol) => this.select(symbol, { show: true }).catch(tell));
    this.showClasses();
  }

  showClasses() {
    const counts = new Map();
    for (const { classId } of this.sheet?.objects ?? []) counts.set(classId, (counts.get(classId) ?? 0) + 1);
    this.classes.update({ counts, hide: this.state.hide, chosen: this.state.filters.class });
  }

  toggleLayer(layer) {
    const { show } = this.state;
    show.has(layer) ? show.delete(layer) : show.add(layer);
    this.showLayers();
    writeAddress(this.state);
    this.paint().catch(tell);
  }

  showLayers() {
    for (const button of document.querySelectorAll("[data-layer]")) {
      button.setAttribute("aria-pressed", String(this.state.show.has(button.dataset.layer)));
    }
    at("mask").value = this.state.mask;
  }

  // What the person does

  listen() {
    const onclick = (id, what) => at(id).addEventListener("click", () => Promise.resolve(what()).catch(tell));
    onclick("previous", () => this.step(-1));
    onclick("next", () => this.step(1));
    onclick("zoom-in", () => this.stage.zoomBy(1.5));
    onclick("zoom-out", () => this.stage.zoomBy(1 / 1.5));
    onclick("fit", () => this.stage.fit());
    onclick("full", () => this.stage.zoomTo(1));
    onclick("rarest", () => this.toRarest());
    onclick("help", () => at("keys").showModal());
    for (const button of document.querySelectorAll("[data-layer]")) {
      button.addEventListener("click", () => this.toggleLayer(button.dataset.layer));
    }
    at("mask").addEventListener("change", () => {
      this.state.mask = at("mask").value;
      this.state.show.add("masks");
      this.showLayers();
      writeAddress(this.state);
      this.paint().catch(tell);
    });
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("popstate", () => {
      this.state = readAddress();
      this.showLayers();
      this.restore().catch(tell);
    });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const what = this.keys()[event.key];
    if (!what) return;
    event.preventDefault();
    Promise.resolve(what()).catch(tell);
  }

  keys() {
    return {
      ArrowLeft: () => this.step(-1),
      ArrowRight: () => this.step(1),
      ArrowUp: () => this.stage.pan(0, -80),
      ArrowDown: () => this.stage.pan(0, 80),
      "+": () => this.stage.zoomBy(1.5),
      "=": () => this.stage.zoomBy(1.5),
      "-": () => this.stage.zoomBy(1 / 1.5),
      0: () => this.stage.fit(),
      1: () => this.stage.zoomTo(1),
      b: () => this.toggleLayer("boxes"),
      o: () => this.toggleLayer("oriented"),
      m: () => this.toggleLayer("masks"),
      r: () => this.toggleLayer("relations"),
      t: () => this.toggleLayer("names"),
      u: () => this.toggleLayer("unlabelled"),
      n: () => this.walk(1),
      p: () => this.walk(-1),
      x: () => this.toRarest(),
      "/": () => document.querySelector("#filter-name").focus(),
      "?": () => at("keys").showModal(),
      Escape: () => this.select(0),
    };
  }
}

const blank = () => ({ name: "", font: "", engraver: "", split: "", size: "", least: "", most: "", finding: "", order: "" });

function say(words) {
  at("status").classList.remove("bad");
  at("status").value = words;
}

function tell(error) {
  at("status").classList.add("bad");
  at("status").value = error.message;
  at("stage").dataset.problem = error.message;
}

try {
  await new Viewer(await ask("overview")).start();
} catch (error) {
  tell(error);
}
