// Pictures of pixels' owners: as large as the page, transparent where nothing is shown.

const MOST_PIXELS = 120e6; // beyond it browsers refuse a canvas, or take gigabytes

// *colourOf* gives, for the value of a run, "#rrggbb" or null.
export function paintMask(runs, colourOf) {
  const [width, height] = runs;
  if (width * height > MOST_PIXELS) throw new Error(`masks of ${width} × ${height} pixels are too large to show`);
  const colours = new Map([[0, 0]]);
  return painted(width, height, (pixels) => {
    for (let at = 2, start = 0; at < runs.length; start = runs[at], at += 2) {
      const value = runs[at + 1];
      let colour = colours.get(value);
      if (colour === undefined) colours.set(value, (colour = packed(colourOf(value))));
      if (colour) pixels.fill(colour, start, runs[at]);
    }
  });
}

// The pixels that symbol *number* owns, within *box*: {canvas, x, y}.
export function paintOne(runs, number, [x0, y0, x1, y1], colour) {
  const [width, height] = runs;
  const [left, top] = [Math.max(0, Math.floor(x0) - 1), Math.max(0, Math.floor(y0) - 1)];
  const [right, bottom] = [Math.min(width, Math.ceil(x1) + 1), Math.min(height, Math.ceil(y1) + 1)];
  if (right <= left || bottom <= top) return null;
  const canvas = painted(right - left, bottom - top, (pixels) => {
    for (let at = 2, start = 0; at < runs.length; start = runs[at], at += 2) {
      if (runs[at + 1] !== number) continue;
      for (let place = start; place < runs[at]; place++) { // a run may go round the page's edge
        const [x, y] = [place % width, Math.floor(place / width)];
        if (x >= left && x < right && y >= top && y < bottom) pixels[(y - top) * (right - left) + x - left] = packed(colour);
      }
    }
  });
  return { canvas, x: left, y: top };
}

export function symbolColour(number) {
  return `#${channels((number * 0.618033988749895) % 1).map((one) => Math.round(255 * one).toString(16).padStart(2, "0")).join("")}`;
}

function channels(turn) {
  const wave = (shift) => 0.45 + 0.4 * Math.cos(2 * Math.PI * (turn + shift));
  return [wave(0), wave(1 / 3), wave(2 / 3)];
}

function painted(width, height, paint) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  paint(new Uint32Array(image.data.buffer));
  context.putImageData(image, 0, 0);
  return canvas;
}

// "#rrggbb" as an opaque pixel in memory order: every browser's machine is little-endian.
function packed(colour) {
  if (!colour) return 0;
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
