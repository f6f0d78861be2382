const DATABASE = "unipic";
const ITEMS = "items";

/** Images in this browser's IndexedDB, for as long as its user allows. */
export class Store {
  #database;

  async put(item) {
    await this.#transaction("readwrite", (items) => items.put(item));
  }

  async delete(id) {
    await this.#transaction("readwrite", (items) => items.delete(id));
  }

  /** All of them, oldest first. */
  async all() {
    const items = await this.#transaction("readonly", (store) => store.getAll());
    return items.sort((one, other) => one.created - other.created);
  }

  async clear() {
    await this.#transaction("readwrite", (items) => items.clear());
  }

  async #transaction(mode, use) {
    this.#database ??= await open();
    return new Promise((resolve, reject) => {
      const transaction = this.#database.transaction(ITEMS, mode);
      const request = use(transaction.objectStore(ITEMS));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error ?? request.error);
    });
  }
}

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(ITEMS, { keyPath: "id" });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
