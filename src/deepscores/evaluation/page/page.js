"use strict";
for (const choice of document.querySelectorAll("select[data-curves]")) {
  const chart = document.getElementById(choice.dataset.curves);
  const told = choice.closest("p").querySelector("output");
  const show = () => {
    for (const path of chart.querySelectorAll("g path")) {
      const is = path.dataset.name === choice.value;
      path.classList.toggle("chosen", is);
      if (is) { path.parentElement.append(path); told.value = path.dataset.words; }
    }
    if (!choice.value) told.value = "";
  };
  choice.addEventListener("change", show);
  show();
}
