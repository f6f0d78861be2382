import { byId, element } from "./dom.js";
import { bytesOf, sizeOf } from "./images.js";
import { readText } from "./png.js";
import { fromMetadata } from "./settings.js";
import { Store } from "./store.js";
import { lasting } from "./texts.js";

const ALLOWED = "unipic-keep-images";

/** Older images make room for newer ones. */
const MOST_ITEMS = 200;

/**
 * The images of this session and, if the user allows that, of this browser.
 *
 * An item is {id, created, file, width, height, task, settings, source, mask}: what was asked for, so that it can be
 * drawn again. Its task is "opened" where that is not known. While the page is open it also has a `url` of the file, the
 * `strokes` of a mask that was painted on it and the `turns` of a conversation about it.
 *
 * Fires "select" when another item is selected or none, and "problem" with the words as detail.
 */
export class Gallery extends EventTarget {
  #store = new Store();
  #items = [];
  #selected;

  constructor() {
    super();
    byId("keep").checked = lasting.get(ALLOWED) === "yes";
    byId("keep").addEventListener("change", () => this.#allow(byId("keep").checked));
    byId("clear").addEventListener("click", () => this.#clear());
    this.#render();
  }

  get selected() {
    return this.#selected;
  }

  has(item) {
    return this.#items.includes(item);
  }

  /** Shows what the browser has kept. */
  async restore() {
    if (byId("keep").checked) {
      await this.#attempt(async () => {
        for (const item of await this.#store.all()) {
          this.#items.unshift(withUrl(item));
        }
        this.#render();
      });
    }
  }

  /** Adds an image of a request. Its file tells the settings that it was really made with. */
  async add(file, request, seed) {
    const text = fromMetadata(await readText(await bytesOf(file)));
    const settings = text?.settings ?? { ...request.settings, seed };
    return this.#insert(file, { ...request, settings });
  }

  /** Adds a PNG file that the user opened. Gives the item, whose `settings` are empty if the file has none. */
  async open(file) {
    const text = fromMetadata(await readText(await bytesOf(file)));
    // An edited image cannot be drawn again without its source.
    const task = text?.task === "generate" ? "generate" : "opened";
    return this.#insert(file, { task, settings: text?.settings ?? {} });
  }

  async #insert(file, { task, settings, source, mask }) {
    const id = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const item = withUrl({ id, created: Date.now(), file, ...(await sizeOf(file)), task, settings, source, mask });
    this.#items.unshift(item);
    if (byId("keep").checked) {
      await this.#attempt(() => this.#store.put(kept(item)));
    }
    for (const old of this.#items.slice(MOST_ITEMS)) {
      await this.remove(old);
    }
    this.#render();
    return item;
  }

  select(item) {
    this.#selected = item;
    this.#render();
    this.dispatchEvent(new Event("select"));
  }

  async remove(item) {
    const at = this.#items.indexOf(item);
    if (at < 0) {
      return;
    }
    this.#items.splice(at, 1);
    await this.#attempt(async () => {
      if (byId("keep").checked) {
        await this.#store.delete(item.id);
      }
    });
    if (this.#selected === item) {
      this.select(this.#items[Math.min(at, this.#items.length - 1)]);
    }
    URL.revokeObjectURL(item.url);
    this.#render();
  }

  async #clear() {
    if (!window.confirm("Remove all images, also from this browser?")) {
      return;
    }
    await this.#attempt(() => this.#store.clear());
    const items = this.#items;
    this.#items = [];
    this.select(undefined);
    items.forEach((item) => URL.revokeObjectURL(item.url));
  }

  async #allow(allowed) {
    lasting.set(ALLOWED, allowed ? "yes" : "no");
    this.#render();
    await this.#attempt(async () => {
      if (!allowed) {
        await this.#store.clear();
        return;
      }
      for (const item of this.#items) {
        await this.#store.put(kept(item));
      }
    });
  }

  async #attempt(action) {
    try {
      await action();
    } catch (error) {
      const full = error?.name === "QuotaExceededError";
      const reason = full ? "its storage is full" : "it does not allow storage";
      this.dispatchEvent(
        new CustomEvent("problem", { detail: `This browser does not keep the images: ${reason}. Download those you need.` }),
      );
    }
  }

  #render() {
    // Entries are made anew; the focus stays on its image.
    const focused = document.activeElement?.dataset.item;
    byId("items").replaceChildren(...this.#items.map((item) => this.#entry(item)));
    document.querySelector(`[data-item="${focused}"]`)?.focus({ preventScroll: true });
    byId("gallery-empty").hidden = this.#items.length > 0;
    byId("clear").hidden = this.#items.length === 0;
    byId("keep-hint").textContent = byId("keep").checked
      ? "They stay here until you remove them."
      : "Without this they are gone when you close or reload the page.";
  }

  #entry(item) {
    const current = item === this.#selected;
    const image = element("img", { src: item.url, alt: "", loading: "lazy" });
    const label = `${item.settings.prompt ?? "Opened image"}, ${item.width} by ${item.height}`;
    const button = element("button", { type: "button", "aria-label": label, title: label }, image);
    button.dataset.item = item.id;
    if (current) {
      button.setAttribute("aria-current", "true");
    }
    button.addEventListener("click", () => this.select(item));
    return element("li", {}, button);
  }
}

function withUrl(item) {
  return { ...item, url: URL.createObjectURL(item.file) };
}

function kept({ id, created, file, width, height, task, settings, source, mask }) {
  return { id, created, file, width, height, task, settings, source, mask };
}
