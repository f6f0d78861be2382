/**
 * Short texts that this browser keeps. Where its user blocks site data, even a look at its storage throws; then they last
 * until the page is closed.
 */
class Texts {
  #storage;
  #here = new Map();

  /** @param storage gives the browser's storage, or throws */
  constructor(storage) {
    this.#storage = storage;
  }

  /** The text of a key; undefined if there is none. */
  get(key) {
    return this.#here.get(key) ?? this.#attempt((storage) => storage.getItem(key)) ?? undefined;
  }

  set(key, text) {
    this.#here.set(key, text);
    this.#attempt((storage) => storage.setItem(key, text));
  }

  delete(key) {
    this.#here.delete(key);
    this.#attempt((storage) => storage.removeItem(key));
  }

  #attempt(use) {
    try {
      return use(this.#storage());
    } catch {
      return undefined;
    }
  }
}

/** Kept for good. */
export const lasting = new Texts(() => window.localStorage);

/** Kept until this tab is closed. */
export const passing = new Texts(() => window.sessionStorage);
