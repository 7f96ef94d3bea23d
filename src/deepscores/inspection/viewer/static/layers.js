// What is drawn over the page. Positions are exact; only lines and names have a width on screen.

import { centre } from "/static/sheet.js";

const PARENT = "#d1006c";
const GROUP = "#0072c6";
const UNLABELLED = "#6b6b6b";
const CHOSEN = "#ff1a8c";
const NAMES_FROM = 0.8; // screen pixels a page pixel

// Draws the layers of a sheet; how many of each kind were drawn.
export function drawLayers(context, view, scene) {
  const { sheet, show, visible } = scene;
  const counts = { boxes: 0, oriented: 0, relations: 0, masks: 0 };
  if (show.has("masks") && scene.mask) {
    drawPicture(context, view, scene.mask, 0, 0, 0.6);
    counts.masks = 1;
  }
  if (show.has("oriented")) {
    for (const one of sheet.symbols.filter(visible)) {
      const corners = one.oriented ?? upright(one.box);
      counts.oriented += drawOutline(context, view, corners, scene.colourOf(one.classId) ?? UNLABELLED, 1.2);
    }
  }
  if (show.has("boxes")) counts.boxes = drawBoxes(context, view, scene);
  if (show.has("relations")) counts.relations = drawRelations(context, view, sheet, visible);
  if (show.has("names") && view.scale >= NAMES_FROM) drawNames(context, view, scene);
  drawChosen(context, view, scene);
  return counts;
}

function drawBoxes(context, view, { sheet, show, visible, visibleObject, colourOf, chosenClass }) {
  let count = 0;
  for (const { box, classId } of sheet.objects.filter(visibleObject)) {
    count += drawOutline(context, view, upright(box), colourOf(classId), classId === chosenClass ? 2.5 : 1.2);
  }
  if (show.has("unlabelled")) {
    for (const { box } of sheet.symbols.filter((one) => !one.object && visible(one))) {
      count += drawOutline(context, view, upright(box), UNLABELLED, 1);
    }
  }
  return count;
}

function drawRelations(context, view, sheet, visible) {
  let count = 0;
  for (const one of sheet.symbols.filter(visible)) {
    const parent = sheet.byNumber.get(one.parent);
    if (parent) count += drawLink(context, view, one, parent, PARENT, []);
    const first = one.group === one.number ? null : sheet.byNumber.get(one.group);
    if (first) count += drawLink(context, view, one, first, GROUP, [3, 3]);
  }
  return count;
}

function drawChosen(context, view, { sheet, chosen, chosenMask }) {
  const symbol = sheet.byNumber.get(chosen);
  if (!symbol) return;
  if (chosenMask) drawPicture(context, view, chosenMask.canvas, chosenMask.x, chosenMask.y, 0.75);
  for (const other of sheet.symbols) {
    if (other.parent === chosen) drawLink(context, view, other, symbol, PARENT, [], 2);
  }
  const parent = sheet.byNumber.get(symbol.parent);
  if (parent) drawLink(context, view, symbol, parent, PARENT, [], 2);
  drawOutline(context, view, upright(symbol.box), CHOSEN, 2);
  if (symbol.oriented) drawOutline(context, view, symbol.oriented, CHOSEN, 1);
}

function drawPicture(context, view, picture, x, y, alpha) {
  context.globalAlpha = alpha;
  context.drawImage(
    picture, view.x + view.scale * x, view.y + view.scale * y,
    view.scale * picture.width, view.scale * picture.height,
  );
  context.globalAlpha = 1;
}

const upright = ([x0, y0, x1, y1]) => [x0, y0, x1, y0, x1, y1, x0, y1];

function drawOutline(context, view, corners, colour, width) {
  const places = corners.map((value, at) => (at % 2 ? view.y : view.x) + view.scale * value);
  if (!inSight(places, view)) return 0;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash([]);
  context.beginPath();
  for (let at = 0; at < places.length; at += 2) context.lineTo(places[at], places[at + 1]);
  context.closePath();
  context.stroke();
  return 1;
}

function drawLink(context, view, from, to, colour, dashes, width = 1.2) {
  const places = [...centre(from.box), ...centre(to.box)].map((value, at) => (at % 2 ? view.y : view.x) + view.scale * value);
  if (!inSight(places, view)) return 0;
  const [x0, y0, x1, y1] = places;
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dashes);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.setLineDash([]);
  context.beginPath(); // a dot at what it belongs to
  context.arc(x1, y1, width + 1, 0, 2 * Math.PI);
  context.fill();
  return 1;
}

function drawNames(context, view, { sheet, visibleObject, colourOf, nameOf }) {
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "bottom";
  for (const { box, classId } of sheet.objects.filter(visibleObject)) {
    const [x, y] = [view.x + view.scale * box[0], view.y + view.scale * box[1]];
    if (!inSight([x, y, x + 80, y - 12], view)) continue;
    const name = nameOf(classId);
    context.fillStyle = "rgb(255 255 255 / 75%)";
    context.fillRect(x, y - 13, context.measureText(name).width, 12);
    context.fillStyle = colourOf(classId);
    context.fillText(name, x, y - 1);
  }
}

function inSight(places, view) {
  const xs = places.filter((_, at) => at % 2 === 0);
  const ys = places.filter((_, at) => at % 2 === 1);
  return Math.max(...xs) >= 0 && Math.min(...xs) <= view.width && Math.max(...ys) >= 0 && Math.min(...ys) <= view.height;
}
