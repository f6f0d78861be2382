import { readEvents } from "./sse.js";
import { passing } from "./texts.js";

const KEY = "unipic-api-key";

/** What went wrong, in words. `field` is the parameter that the server refuses, if it names one. */
export class ApiError extends Error {
  constructor(message, field = "") {
    super(message);
    this.field = field;
  }
}

/** The server, by addresses relative to the page, so that it may lie below any path. */
export class Api {
  #askForKey;

  /** @param askForKey shows a text and resolves to the key that the user enters */
  constructor(askForKey) {
    this.#askForKey = askForKey;
  }

  get hasKey() {
    return passing.get(KEY) !== undefined;
  }

  forgetKey() {
    passing.delete(KEY);
  }

  /** GET of a JSON value. */
  async get(path) {
    const response = await this.#send(path, {});
    return response.json();
  }

  /** POST of JSON text or a form. Yields the events of the answer, parsed. An event that is an error is thrown. */
  async *post(path, body, signal) {
    const headers = typeof body === "string" ? { "Content-Type": "application/json" } : {};
    const response = await this.#send(path, { method: "POST", body, headers, signal });
    try {
      for await (const { event, data } of readEvents(response.body)) {
        if (data === "[DONE]") {
          return;
        }
        const content = JSON.parse(data);
        if (event === "error" || content.error) {
          throw errorOf(content, response.status);
        }
        yield { event, content };
      }
    } catch (error) {
      throw error instanceof TypeError ? new ApiError("The connection to the server broke.") : error;
    }
  }

  async #send(path, options) {
    for (;;) {
      const key = passing.get(KEY);
      const authorization = key === undefined ? {} : { Authorization: `Bearer ${key}` };
      let response;
      try {
        response = await fetch(new URL(path, document.baseURI), {
          ...options,
          headers: { ...options.headers, ...authorization },
        });
      } catch (error) {
        if (options.signal?.aborted) {
          throw error;
        }
        throw new ApiError("The server does not answer. Is it still running?");
      }
      if (response.ok) {
        return response;
      }
      if (response.status !== 401) {
        throw errorOf(await response.json().catch(() => ({})), response.status);
      }
      const text = key === undefined ? "This server needs a key." : "The server refused this key.";
      passing.set(KEY, await this.#askForKey(`${text} It is kept until you close this tab.`));
    }
  }
}

function errorOf(content, status) {
  const { message, param } = content.error ?? {};
  const text = message ?? `The server answered with status ${status}.`;
  return new ApiError(text[0].toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : "."), param ?? "");
}
