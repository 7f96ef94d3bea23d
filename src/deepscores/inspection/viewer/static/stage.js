// The page under OpenSeadragon, and a canvas over it on which layers are drawn in step.

/* global OpenSeadragon */

const CRISP = 1.5; // screen pixels a page pixel, from which pixels are shown as squares
const CLOSEST = 48; // screen pixels a page pixel

export class Stage {
  // *draw(context, view)* is called whenever the view moves; view: {x, y, scale, width, height}
  // in screen pixels: a page pixel (px, py) is at (x + scale * px, y + scale * py).
  constructor(element, { draw, onPick, onView }) {
    this.element = element;
    this.draw = draw;
    this.onView = onView;
    this.viewer = OpenSeadragon({
      element,
      drawer: "canvas",
      showNavigationControl: false,
      keyboardNavEnabled: false, // the viewer has keys of its own
      animationTime: 0.25,
      springStiffness: 10,
      visibilityRatio: 0.2,
      minZoomImageRatio: 0.5,
      maxZoomPixelRatio: CLOSEST,
      zoomPerScroll: 1.3,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true, flickEnabled: true },
      gestureSettingsPen: { clickToZoom: false, dblClickToZoom: false },
    });
    this.canvas = document.createElement("canvas");
    this.canvas.className = "overlay";
    this.viewer.canvas.append(this.canvas);
    this.viewer.addHandler("update-viewport", () => this.redraw());
    this.viewer.addHandler("resize", () => this.redraw());
    this.viewer.addHandler("canvas-click", (event) => {
      if (!event.quick || !this.item) return;
      const { x, y } = this.item.viewerElementToImageCoordinates(event.position);
      onPick(x, y, 4 / this.view().scale);
    });
  }

  // Show a picture; resolves to {width, height} in pixels. Keeps the view if *keep* and it can.
  async open(url) {
    this.item = null;
    this.viewer.close();
    this.redraw();
    const item = await new Promise((resolve, reject) => {
      this.viewer.addOnceHandler("open", () => resolve(this.viewer.world.getItemAt(0)));
      this.viewer.addOnceHandler("open-failed", () => reject(new Error("the picture of this page cannot be shown")));
      this.viewer.open({ type: "image", url, buildPyramid: true });
    });
    this.item = item;
    this.redraw();
    return item.getContentSize();
  }

  view() {
    const { width, height } = this.element.getBoundingClientRect();
    const origin = this.item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const far = this.item.imageToViewerElementCoordinates(new OpenSeadragon.Point(1000, 1000));
    return { x: origin.x, y: origin.y, scale: (far.x - origin.x) / 1000, width, height };
  }

  redraw() {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = this.element.getBoundingClientRect();
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.canvas.width !== wide || this.canvas.height !== high) {
      this.canvas.width = wide;
      this.canvas.height = high;
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, wide, high);
    if (!this.item) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const view = this.view();
    this.smooth(view.scale * ratio < CRISP);
    context.imageSmoothingEnabled = view.scale * ratio < CRISP;
    this.draw(context, view);
    this.onView(view);
  }

  smooth(wanted) {
    if (this.smoothed === wanted) return; // setting it draws anew
    this.smoothed = wanted;
    this.viewer.drawer.setImageSmoothingEnabled(wanted);
  }

  zoomBy(factor) {
    this.viewer.viewport.zoomBy(factor).applyConstraints();
  }

  fit() {
    this.viewer.viewport.goHome();
  }

  zoomTo(scale) {
    if (!this.item) return;
    const { viewport } = this.viewer;
    viewport.zoomTo(this.item.imageToViewportZoom(scale)).applyConstraints();
  }

  // Show a box of the page with much around it, near enough to see pixels of small ones.
  showBox([x0, y0, x1, y1]) {
    const { width, height } = this.element.getBoundingClientRect();
    const scale = Math.min(6, width / (x1 - x0) / 1.5, height / (y1 - y0) / 1.5);
    const [wide, high] = [width / scale, height / scale];
    const rect = this.item.imageToViewportRectangle((x0 + x1 - wide) / 2, (y0 + y1 - high) / 2, wide, high);
    this.viewer.viewport.fitBounds(rect);
  }

  pan(dx, dy) {
    const by = this.viewer.viewport.deltaPointsFromPixels(new OpenSeadragon.Point(dx, dy));
    this.viewer.viewport.panBy(by).applyConstraints();
  }
}
