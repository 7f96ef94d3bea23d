"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const themeButton = document.getElementById("theme");

  // Charts are drawn when they come near the window, and anew when the theme changes.
  const specs = JSON.parse(document.getElementById("specs").textContent);
  const drawn = new Map();
  async function draw(node) {
    const theme = root.dataset.theme;
    if (drawn.get(node) === theme) return;
    drawn.set(node, theme);
    const { config, ...spec } = specs[node.dataset.spec];
    const axis = { ...config.axis, gridColor: theme === "dark" ? "#2d333b" : "#e4e8ec" };
    const options = { actions: false, renderer: "svg", config: { ...config, axis }, tooltip: { theme } };
    if (theme === "dark") options.theme = "dark";
    await vegaEmbed(node, spec, options);
    node.classList.add("ready");
  }
  const near = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  }, { rootMargin: "600px" });
  const charts = [...document.querySelectorAll(".chart")];
  charts.forEach((node) => near.observe(node));
  addEventListener("beforeprint", () => charts.forEach(draw));

  function setTheme(name) {
    root.dataset.theme = name;
    themeButton.textContent = name === "dark" ? "light" : "dark";
    charts.filter((node) => drawn.has(node)).forEach(draw);
  }
  setTheme(dark.matches ? "dark" : "light");
  dark.addEventListener("change", () => setTheme(dark.matches ? "dark" : "light"));
  themeButton.addEventListener("click", () => setTheme(root.dataset.theme === "dark" ? "light" : "dark"));

  // Tables: a click on a head sorts by it, numbers large first; what is not known comes last.
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      head.querySelector("button").addEventListener("click", () => {
        const numeric = head.classList.contains("num");
        const first = numeric ? "descending" : "ascending";
        const second = numeric ? "ascending" : "descending";
        const order = head.getAttribute("aria-sort") === first ? second : first;
        heads.forEach((one) => one.setAttribute("aria-sort", one === head ? order : "none"));
        const sign = order === "ascending" ? 1 : -1;
        const value = (row) => {
          const cell = row.cells[column];
          return numeric ? (cell.dataset.v === "" ? NaN : Number(cell.dataset.v)) : cell.textContent;
        };
        const compare = (a, b) => {
          const [x, y] = [value(a), value(b)];
          if (!numeric) return sign * x.localeCompare(y);
          if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
          return sign * (x - y);
        };
        const body = table.tBodies[0];
        body.append(...[...body.rows].sort(compare));
      });
    });
  }

  // Filters: of the gallery's cards and of tables' rows.
  for (const input of document.querySelectorAll("input.filter")) {
    const target = document.getElementById(input.dataset.for);
    const shown = input.parentElement.querySelector(".shown");
    input.addEventListener("input", () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const items = target.tBodies ? [...target.tBodies[0].rows] : [...target.children];
      let count = 0;
      for (const item of items) {
        const name = (item.dataset.name || item.textContent).toLowerCase();
        item.hidden = !words.every((word) => name.includes(word));
        count += !item.hidden;
      }
      if (shown) shown.textContent = `${count} classes`;
    });
  }

  // Curves: the one of a chosen class comes to the front.
  for (const choice of document.querySelectorAll("select[data-curves]")) {
    const chart = document.getElementById(choice.dataset.curves);
    const description = choice.closest("p").querySelector("output");
    const show = () => {
      for (const path of chart.querySelectorAll("g path")) {
        const isChosen = path.dataset.name === choice.value;
        path.classList.toggle("chosen", isChosen);
        if (isChosen) { path.parentElement.append(path); description.value = path.dataset.words; }
      }
      if (!choice.value) description.value = "";
    };
    choice.addEventListener("change", show);
    show();
  }

  // A page to zoom: wheel, two fingers or buttons; dragging pans.
  for (const zoom of document.querySelectorAll(".zoom")) {
    const view = zoom.querySelector(".window"), sheet = zoom.querySelector(".sheet");
    const at = { scale: 1, x: 0, y: 0 };
    const place = () => {
      const height = sheet.offsetHeight * at.scale, width = sheet.offsetWidth * at.scale;
      at.x = Math.min(0, Math.max(at.x, view.clientWidth - width));
      at.y = Math.min(0, Math.max(at.y, view.clientHeight - height));
      if (width < view.clientWidth) at.x = (view.clientWidth - width) / 2;
      view.style.touchAction = at.scale > 1 ? "none" : "pan-y"; // a finger scrolls past the whole page
      sheet.style.transform = `translate(${at.x}px, ${at.y}px) scale(${at.scale})`;
    };
    const whole = () => view.clientHeight / sheet.offsetHeight;
    const scaleBy = (factor, x, y) => {
      const scale = Math.min(12, Math.max(Math.min(whole(), 1), at.scale * factor));
      at.x = x - (x - at.x) * scale / at.scale;
      at.y = y - (y - at.y) * scale / at.scale;
      at.scale = scale;
      place();
    };
    for (const button of zoom.querySelectorAll("[data-layer]")) {
      button.addEventListener("click", () => {
        zoom.dataset.shows = button.dataset.layer;
        for (const one of zoom.querySelectorAll("[data-layer]")) one.setAttribute("aria-pressed", one === button);
      });
    }
    for (const button of zoom.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => {
        const factor = Number(button.dataset.zoom);
        scaleBy(factor || whole() / at.scale, view.clientWidth / 2, view.clientHeight / 2);
      });
    }
    view.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey && at.scale <= 1 && event.deltaY > 0) return;
      event.preventDefault();
      const box = view.getBoundingClientRect();
      scaleBy(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    const fingers = new Map();
    view.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      view.setPointerCapture(event.pointerId);
    });
    view.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const other = [...fingers.values()].find((one) => one.pointerId !== event.pointerId);
      if (other) {
        const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
        const box = view.getBoundingClientRect();
        const middle = [(event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top];
        scaleBy(far(event) / Math.max(far(before), 1), ...middle);
      } else {
        at.x += event.clientX - before.clientX;
        at.y += event.clientY - before.clientY;
        place();
      }
      fingers.set(event.pointerId, event);
    });
    for (const end of ["pointerup", "pointercancel"]) view.addEventListener(end, (event) => fingers.delete(event.pointerId));
    new ResizeObserver(place).observe(view);
  }
})();
