// What the address of the page holds: page, symbol, filters, and what is shown.

export const FILTERS = ["name", "class", "font", "engraver", "split", "size", "least", "most", "finding", "order"];
export const LAYERS = ["boxes", "oriented", "masks", "relations", "names", "unlabelled"];
const SHOWN_AT_FIRST = ["boxes"];

export function readAddress(search = location.search) {
  const words = new URLSearchParams(search);
  const filters = Object.fromEntries(FILTERS.map((name) => [name, words.get(name) ?? ""]));
  const list = (name) => (words.get(name) ?? "").split(",").filter(Boolean);
  const mask = words.get("mask");
  return {
    page: words.get("page") ?? "",
    symbol: Number.parseInt(words.get("symbol"), 10) || 0,
    filters,
    show: new Set(words.has("show") ? list("show").filter((one) => LAYERS.includes(one)) : SHOWN_AT_FIRST),
    hide: new Set(list("hide")),
    mask: ["class", "symbol", "map"].includes(mask) ? mask : "class",
  };
}

export function writeAddress(state, { push = false } = {}) {
  const words = new URLSearchParams();
  if (state.page) words.set("page", state.page);
  if (state.symbol) words.set("symbol", state.symbol);
  for (const name of FILTERS) if (state.filters[name]) words.set(name, state.filters[name]);
  words.set("show", [...state.show].join(","));
  if (state.hide.size) words.set("hide", [...state.hide].join(","));
  if (state.mask !== "class") words.set("mask", state.mask);
  const search = `?${words}`;
  if (search === location.search) return;
  history[push ? "pushState" : "replaceState"](null, "", search);
}
