import { byId, element } from "./dom.js";
import { facts } from "./settings.js";

const LONGEST_DECODING = 1000;

/** The middle of the page: an image, or those that are being drawn. */
export class Stage {
  #frames = [];
  /** The boxes of the images that are being drawn, on the stage or not. */
  #drawing;

  constructor() {
    this.showNothing();
  }

  /** The box of the only image, for tools to put their layers on. */
  get frame() {
    return this.#frames[0];
  }

  /** Shows a text, or the images that are being drawn. */
  showNothing(text = "Describe an image and press Generate, or drop one here.") {
    if (this.#drawing) {
      this.showDrawing();
      return;
    }
    this.#frames = [];
    byId("view").replaceChildren(element("div", { className: "empty" }, element("p", { textContent: text })));
    byId("details").hidden = true;
  }

  show(item) {
    this.#setFrames([frame(item.width, item.height, item.url, item.settings.prompt ?? "Opened image")]);
    const { settings } = item;
    byId("caption").textContent = settings.prompt ?? "Opened image";
    byId("facts").textContent = facts(item);
    byId("details").hidden = false;
    byId("watch").hidden = !this.#drawing;
    byId("again").hidden = byId("vary").hidden = item.task === "opened";
    byId("use").hidden = !settings.prompt;
    byId("download").href = item.url;
    byId("download").download = fileName(settings);
  }

  /** Makes a box for each image to come, with the source in it if there is one. */
  begin({ count, width, height, url }) {
    this.#drawing = Array.from({ length: count }, () => frame(width, height, url, "Preview"));
    this.#drawing.forEach((each) => each.classList.add("busy"));
    byId("progress").hidden = false;
    byId("bar").removeAttribute("value");
    byId("progress-text").textContent = "Sent to the server";
  }

  /** Shows the images that are being drawn. */
  showDrawing() {
    this.#setFrames(this.#drawing);
    byId("details").hidden = true;
    byId("watch").hidden = true;
  }

  queued(position) {
    const others = position === 1 ? "1 request is" : `${position} requests are`;
    byId("progress-text").textContent = position === 0 ? "Waiting for the model" : `Waiting: ${others} before yours`;
  }

  progress({ iteration, iterations, remaining }) {
    byId("bar").value = iteration / iterations;
    const left = remaining > 0 && iteration < iterations ? `, about ${duration(remaining)} left` : "";
    byId("progress-text").textContent = `Iteration ${iteration} of ${iterations}${left}`;
  }

  /** Replaces a preview, once the browser has decoded the new one, so that nothing flickers. */
  async preview(index, file) {
    const target = this.#drawing[index];
    const url = URL.createObjectURL(file);
    const image = element("img", { src: url, alt: "Preview" });
    // In a tab that is hidden it may never be decoded, and the stream behind it waits.
    await Promise.race([image.decode().catch(() => {}), delay(LONGEST_DECODING)]);
    target.querySelector("img")?.remove();
    target.prepend(image);
    target.classList.add("drawn");
    URL.revokeObjectURL(url);
  }

  /** Ends the drawing. Gives whether it is what the stage shows. */
  end() {
    byId("progress").hidden = byId("watch").hidden = true;
    const isShown = this.#frames === this.#drawing;
    this.#drawing = undefined;
    return isShown;
  }

  #setFrames(frames) {
    this.#frames = frames;
    const view = element("div", { className: "frames" }, ...frames);
    view.dataset.count = frames.length;
    byId("view").replaceChildren(view);
  }
}

/** A box with an image's proportions. */
export function frame(width, height, url, alt) {
  const box = element("div", { className: "frame" });
  box.style.setProperty("--width", width);
  box.style.setProperty("--height", height);
  if (url) {
    box.append(element("img", { src: url, alt }));
  }
  return box;
}

function delay(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function duration(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

function fileName({ prompt = "image", seed }) {
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? ["image"];
  return `${words.join("-").slice(0, 48)}${seed === undefined ? "" : `-${seed}`}.png`;
}
