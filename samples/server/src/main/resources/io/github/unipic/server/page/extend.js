import { element } from "./dom.js";
import { MOST_PIXELS, drawn } from "./images.js";

/** Of the canvas that shows the margins, in pixels. */
const LONGEST_SIDE = 1024;

const SIDES = {
  left: { across: true, sign: -1 },
  right: { across: true, sign: 1 },
  top: { across: false, sign: -1 },
  bottom: { across: false, sign: 1 },
};

/**
 * Has the user drag an image's edges outwards. The box is twice as large as the image, which lies in its middle, so that
 * nothing moves while an edge is dragged.
 */
export class Extender {
  #item;
  #multiple;
  #bitmap;
  #box;
  #canvas;
  #size = element("output", { className: "facts" });
  #handles = {};
  #margins = { left: 0, right: 0, top: 0, bottom: 0 };

  /**
   * @param box of twice the image's size
   * @param multiple of which margins are, in pixels
   * @param bitmap of the item's file, which close() closes
   */
  constructor(box, toolbar, item, multiple, bitmap) {
    this.#item = item;
    this.#multiple = multiple;
    this.#bitmap = bitmap;
    this.#box = box;
    const scale = Math.min(1, LONGEST_SIDE / (2 * Math.max(item.width, item.height)));
    this.#canvas = element("canvas", {
      width: Math.round(2 * item.width * scale),
      height: Math.round(2 * item.height * scale),
      role: "img",
      "aria-label": "The image with its new margins",
    });
    box.append(this.#canvas);
    for (const side of Object.keys(SIDES)) {
      this.#handles[side] = this.#handle(side);
      box.append(this.#handles[side]);
    }
    const reset = element("button", { type: "button", className: "plain", textContent: "Reset" });
    reset.addEventListener("click", () => Object.keys(SIDES).forEach((side) => this.#set(side, 0)));
    toolbar.replaceChildren(this.#size, reset);
    this.#update();
  }

  get isEmpty() {
    return Object.values(this.#margins).every((margin) => margin === 0);
  }

  /** The larger image, with its stretched edge in the new margin, and the mask, transparent there. */
  async files() {
    const { left, top } = this.#margins;
    const { width, height } = this.#outer(this.#margins);
    const source = await drawn(width, height, (context) => this.#paint(context));
    const mask = await drawn(width, height, (context) =>
      context.fillRect(left, top, this.#item.width, this.#item.height),
    );
    return { source, mask, width, height };
  }

  close() {
    this.#bitmap.close();
  }

  #handle(side) {
    const { across, sign } = SIDES[side];
    const handle = element("div", {
      className: `handle ${side}`,
      tabIndex: 0,
      role: "slider",
      "aria-label": `Extend at the ${side === "left" || side === "right" ? `${side} side` : side}, pixels`,
      "aria-orientation": across ? "horizontal" : "vertical",
      "aria-valuemin": 0,
      "aria-valuemax": this.#most(side),
    });
    handle.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      handle.focus({ preventScroll: true });
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (handle.hasPointerCapture(event.pointerId)) {
        const box = this.#box.getBoundingClientRect();
        const center = across ? box.left + box.width / 2 : box.top + box.height / 2;
        const distance = ((across ? event.clientX : event.clientY) - center) * sign;
        const side2 = across ? this.#item.width : this.#item.height;
        this.#set(side, (distance / (across ? box.width : box.height)) * 2 * side2 - side2 / 2);
      }
    });
    handle.addEventListener("keydown", (event) => {
      const step = this.#multiple * (event.shiftKey ? 4 : 1);
      const outwards = { left: "ArrowLeft", right: "ArrowRight", top: "ArrowUp", bottom: "ArrowDown" }[side];
      const inwards = { left: "ArrowRight", right: "ArrowLeft", top: "ArrowDown", bottom: "ArrowUp" }[side];
      const values = {
        [outwards]: this.#margins[side] + step,
        [inwards]: this.#margins[side] - step,
        Home: 0,
        End: this.#most(side),
      };
      if (event.key in values) {
        event.preventDefault();
        this.#set(side, values[event.key]);
      }
    });
    return handle;
  }

  #most(side) {
    const length = SIDES[side].across ? this.#item.width : this.#item.height;
    return Math.floor(length / 2 / this.#multiple) * this.#multiple;
  }

  #set(side, pixels) {
    let margin = Math.round(pixels / this.#multiple) * this.#multiple;
    margin = Math.min(Math.max(margin, 0), this.#most(side));
    while (margin > 0 && tooLarge(this.#outer({ ...this.#margins, [side]: margin }))) {
      margin -= this.#multiple;
    }
    this.#margins[side] = Math.max(margin, 0);
    this.#update();
  }

  #outer({ left, right, top, bottom }) {
    return { width: this.#item.width + left + right, height: this.#item.height + top + bottom };
  }

  #update() {
    const { width, height } = this.#outer(this.#margins);
    this.#size.textContent = `${width} × ${height}`;
    for (const [side, handle] of Object.entries(this.#handles)) {
      const length = SIDES[side].across ? this.#item.width : this.#item.height;
      const share = (0.25 - this.#margins[side] / (2 * length)) * 100;
      handle.style.setProperty("--inset", `${share}%`);
      handle.setAttribute("aria-valuenow", this.#margins[side]);
    }
    const context = this.#canvas.getContext("2d");
    const scale = this.#canvas.width / (2 * this.#item.width);
    context.resetTransform();
    context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    context.scale(scale, scale);
    context.translate(this.#item.width / 2 - this.#margins.left, this.#item.height / 2 - this.#margins.top);
    const { left, top } = this.#margins;
    context.globalAlpha = 0.45;
    this.#paint(context);
    context.globalAlpha = 1;
    context.drawImage(this.#bitmap, left, top);
  }

  /** Draws the image and, around it, its outermost pixels stretched. */
  #paint(context) {
    const { left, right, top, bottom } = this.#margins;
    const { width, height } = this.#item;
    const columns = [
      [0, 1, 0, left],
      [0, width, left, width],
      [width - 1, 1, left + width, right],
    ];
    const rows = [
      [0, 1, 0, top],
      [0, height, top, height],
      [height - 1, 1, top + height, bottom],
    ];
    context.imageSmoothingEnabled = false;
    for (const [fromX, fromWidth, x, toWidth] of columns) {
      for (const [fromY, fromHeight, y, toHeight] of rows) {
        if (toWidth > 0 && toHeight > 0) {
          context.drawImage(this.#bitmap, fromX, fromY, fromWidth, fromHeight, x, y, toWidth, toHeight);
        }
      }
    }
    context.imageSmoothingEnabled = true;
  }
}

function tooLarge({ width, height }) {
  return width * height > MOST_PIXELS;
}
