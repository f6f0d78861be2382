import { announce, element } from "./dom.js";
import { drawn } from "./images.js";

const HELP =
  "Mask. Arrow keys move the brush, with Shift they paint a line. Space paints a dot." +
  " B is the brush, E the eraser, brackets change its size, Control Z undoes.";

/** Has the user paint the part of an image that is regenerated. The strokes are kept on the item. */
export class MaskPainter {
  #item;
  #canvas;
  #context;
  #ring = element("div", { className: "ring", hidden: true });
  #brush = toggle("Brush", () => this.#choose(false));
  #eraser = toggle("Eraser", () => this.#choose(true));
  #size = element("input", { type: "range", id: "brush-size", min: 2, max: 40, value: 12 });
  #erase = false;
  #stroke;
  #cursor;

  /** @param frame the box that shows the item's image */
  constructor(frame, toolbar, item) {
    this.#item = item;
    item.strokes ??= [];
    this.#cursor = [item.width / 2, item.height / 2];
    this.#canvas = element("canvas", {
      className: "mask",
      width: item.width,
      height: item.height,
      tabIndex: 0,
      role: "application",
      "aria-label": HELP,
    });
    this.#context = this.#canvas.getContext("2d");
    this.#context.lineCap = this.#context.lineJoin = "round";
    frame.append(this.#canvas, this.#ring);
    toolbar.replaceChildren(
      this.#brush,
      this.#eraser,
      element("label", { htmlFor: "brush-size" }, "Size ", this.#size),
      button("Undo", () => this.#undo()),
      button("Clear", () => this.#clear()),
    );
    this.#choose(false);
    this.#listen();
    this.#drawAll();
  }

  /** Whether nothing would be regenerated. */
  get isEmpty() {
    const { data } = this.#context.getImageData(0, 0, this.#item.width, this.#item.height);
    for (let i = 3; i < data.length; i += 4) {
      if (data[i] > 127) {
        return false;
      }
    }
    return true;
  }

  /** The mask as the server takes it: a PNG file of the image's size, transparent where it is regenerated. */
  file() {
    const { width, height } = this.#item;
    return drawn(width, height, (context) => {
      context.fillRect(0, 0, width, height);
      context.globalCompositeOperation = "destination-out";
      context.drawImage(this.#canvas, 0, 0);
    });
  }

  /** The brush's diameter in the image's pixels. */
  get #width() {
    return Math.max(1, (Math.min(this.#item.width, this.#item.height) * this.#size.value) / 100);
  }

  #listen() {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.isPrimary && event.button === 0) {
        event.preventDefault();
        canvas.focus({ preventScroll: true });
        canvas.setPointerCapture(event.pointerId);
        this.#begin(this.#position(event));
      }
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#stroke) {
        const events = event.getCoalescedEvents?.() ?? [];
        (events.length > 0 ? events : [event]).forEach((each) => this.#continue(this.#position(each)));
      }
      this.#moveRing(this.#position(event));
    });
    for (const type of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(type, () => (this.#stroke = undefined));
    }
    canvas.addEventListener("pointerleave", () => (this.#ring.hidden = true));
    canvas.addEventListener("focus", () => this.#moveRing(this.#cursor));
    canvas.addEventListener("blur", () => (this.#ring.hidden = true));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#size.addEventListener("input", () => this.#moveRing(this.#cursor));
  }

  #key(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in steps) {
      const step = Math.max(1, this.#width / 3);
      const [x, y] = this.#cursor;
      const [dx, dy] = steps[event.key];
      const next = [clamp(x + dx * step, this.#item.width), clamp(y + dy * step, this.#item.height)];
      if (event.shiftKey) {
        this.#begin(this.#cursor);
        this.#continue(next);
        this.#stroke = undefined;
      }
      this.#moveRing(next);
    } else if (event.key === " ") {
      this.#begin(this.#cursor);
      this.#stroke = undefined;
      const [x, y] = this.#cursor;
      const where = `${Math.round((x / this.#item.width) * 100)} % across, ${Math.round((y / this.#item.height) * 100)} % down`;
      announce(`${this.#erase ? "Erased" : "Painted"} at ${where}`);
    } else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
      this.#undo();
    } else if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key.toLowerCase() === "b") {
      this.#choose(false);
    } else if (event.key.toLowerCase() === "e") {
      this.#choose(true);
    } else if (event.key === "[" || event.key === "]") {
      this.#size.value = Number(this.#size.value) + (event.key === "[" ? -2 : 2);
      this.#moveRing(this.#cursor);
    } else {
      return;
    }
    event.preventDefault();
  }

  #position(event) {
    const box = this.#canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * this.#item.width,
      ((event.clientY - box.top) / box.height) * this.#item.height,
    ];
  }

  #begin(position) {
    this.#stroke = { erase: this.#erase, width: this.#width, points: [position] };
    this.#item.strokes.push(this.#stroke);
    this.#draw(this.#stroke);
  }

  #continue(position) {
    this.#stroke.points.push(position);
    this.#draw({ ...this.#stroke, points: this.#stroke.points.slice(-2) });
  }

  #undo() {
    this.#item.strokes.pop();
    this.#drawAll();
  }

  #clear() {
    this.#item.strokes.length = 0;
    this.#drawAll();
  }

  #choose(erase) {
    this.#erase = erase;
    this.#brush.setAttribute("aria-pressed", String(!erase));
    this.#eraser.setAttribute("aria-pressed", String(erase));
  }

  #moveRing([x, y]) {
    this.#cursor = [x, y];
    this.#ring.hidden = false;
    this.#ring.style.left = `${(x / this.#item.width) * 100}%`;
    this.#ring.style.top = `${(y / this.#item.height) * 100}%`;
    this.#ring.style.width = `${(this.#width / this.#item.width) * 100}%`;
  }

  #drawAll() {
    this.#context.clearRect(0, 0, this.#item.width, this.#item.height);
    this.#context.strokeStyle = stripes(this.#context, Math.max(4, Math.round(this.#item.width / 40)));
    this.#item.strokes.forEach((stroke) => this.#draw(stroke));
  }

  #draw({ erase, width, points }) {
    const context = this.#context;
    context.globalCompositeOperation = erase ? "destination-out" : "source-over";
    context.lineWidth = width;
    const [[x, y], ...others] = points;
    context.beginPath();
    context.moveTo(x, y);
    // A dot: a line of no length would not be drawn.
    context.lineTo(x + 0.001, y);
    others.forEach((point) => context.lineTo(...point));
    context.stroke();
  }
}

/** Opaque stripes of two colors, one of which shows on any image. */
function stripes(context, size) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = size * 2;
  const paint = tile.getContext("2d");
  paint.fillStyle = "#0b6b5f";
  paint.fillRect(0, 0, size * 2, size * 2);
  paint.fillStyle = "#d5f5ee";
  paint.beginPath();
  for (const offset of [-2, 0, 2]) {
    const x = offset * size;
    paint.moveTo(x, size * 2);
    paint.lineTo(x + size * 2, 0);
    paint.lineTo(x + size * 3, 0);
    paint.lineTo(x + size, size * 2);
    paint.closePath();
  }
  paint.fill();
  return context.createPattern(tile, "repeat");
}

function clamp(value, most) {
  return Math.min(Math.max(value, 0), most);
}

function button(text, action) {
  const made = element("button", { type: "button", className: "plain", textContent: text });
  made.addEventListener("click", action);
  return made;
}

function toggle(text, action) {
  const made = button(text, action);
  made.setAttribute("aria-pressed", "false");
  return made;
}
