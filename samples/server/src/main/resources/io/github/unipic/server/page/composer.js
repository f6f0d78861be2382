import { byId, element } from "./dom.js";
import { complaint, isValid } from "./settings.js";

/** Everything but the size, which only some tasks let the user choose. */
const COMMON = [
  "seed",
  "n",
  "guidance_scale",
  "iterations",
  "temperature",
  "num_inference_steps",
  "negative_prompt",
];

/** Settings without an input: those of an image are sent again until the settings are reset. */
const HIDDEN = ["guidance_schedule", "guidance_every", "tokens_every"];

/** What the form says and offers for each task. Tasks with the same draft share their text. */
const TASKS = {
  generate: {
    button: "Generate",
    label: "Prompt",
    hint: "Say what the image shows.",
    draft: "prompt",
    settings: ["size", ...COMMON],
    needs: "generate",
  },
  edit: {
    button: "Edit",
    label: "Instruction",
    hint: "Say what to change in the image.",
    draft: "edit",
    settings: COMMON,
    needs: "edit",
  },
  inpaint: {
    button: "Inpaint",
    label: "Prompt",
    hint: "Paint over what is to be regenerated, and say what the whole image shows.",
    draft: "prompt",
    settings: COMMON,
    needs: "inpaint",
  },
  extend: {
    button: "Extend",
    label: "Prompt",
    hint: "Drag the edges outwards, and say what the whole image shows.",
    draft: "prompt",
    settings: COMMON,
    needs: "inpaint",
  },
  ask: {
    button: "Ask",
    label: "Question",
    hint: "Ask about the image. The model remembers the conversation.",
    draft: "ask",
    settings: [],
    needs: "describe",
  },
};

const EXAMPLES = { prompt: "prompts", edit: "edits", ask: "questions" };
const SHOWN_EXAMPLES = 3;
const CUSTOM = "custom";

/** Where the form and the image are side by side, as in page.css. */
const WIDE = "(min-width: 46.01rem)";

/** A value that the user must mend; `field` is its input's name. */
export class FieldError extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/**
 * The form: what to do, with which text and settings. Fires "task" when another task is chosen, and "submit" when the
 * request is to be sent.
 */
export class Composer extends EventTarget {
  #drafts = { prompt: "", edit: "", ask: "" };
  #task = "generate";
  #examples = {};
  #hidden = {};

  constructor() {
    super();
    byId("settings").open = window.matchMedia(WIDE).matches;
    byId("modes").addEventListener("change", (event) => this.choose(event.target.value));
    byId("size").addEventListener("change", () => this.#showSettings());
    byId("reset").addEventListener("click", () => this.#reset());
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.dispatchEvent(new Event("submit"));
    });
    // Run and Cancel replace each other: the second click of a double click is not meant for the other one.
    const ignoreSecond = (event) => {
      if (event.detail > 1) {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    byId("run").parentElement.addEventListener("click", ignoreSecond, { capture: true });
    byId("prompt").addEventListener("keydown", (event) => {
      // Safari ends a conversion before its Enter comes, and marks it by this code only.
      const isConversion = event.isComposing || event.keyCode === 229;
      if (event.key === "Enter" && !event.shiftKey && !isConversion) {
        event.preventDefault();
        if (!byId("run").hidden) {
          byId("composer").requestSubmit();
        }
      }
    });
    this.#render();
  }

  /** "generate", "edit", "inpaint", "extend" or "ask". */
  get task() {
    return this.#task;
  }

  /** Offers what the model can do. */
  describe({ model, examples }) {
    this.#examples = examples;
    for (const input of document.getElementsByName("mode")) {
      input.disabled = !model.tasks.includes(TASKS[input.value].needs);
      input.parentElement.title = input.disabled ? "This model folder has no graphs for it." : "";
    }
    const sizes = sizesOf(model);
    byId("size").replaceChildren(
      ...sizes.map(([size, label]) => element("option", { value: size, textContent: label })),
      element("option", { value: CUSTOM, textContent: "Custom" }),
    );
    this.#render();
  }

  choose(task) {
    this.#drafts[TASKS[this.#task].draft] = byId("prompt").value;
    this.#task = task;
    this.clearError();
    this.#render();
    this.dispatchEvent(new Event("task"));
  }

  /** Fills in the prompt of the image that a task continues, if the user has not written one. */
  suggest(prompt) {
    if (TASKS[this.#task].draft === "prompt" && !byId("prompt").value.trim()) {
      byId("prompt").value = prompt;
    }
  }

  get text() {
    const text = byId("prompt").value.trim();
    if (!text) {
      throw new FieldError("prompt", `The ${TASKS[this.#task].label.toLowerCase()} is empty.`);
    }
    return text;
  }

  set text(text) {
    byId("prompt").value = text;
  }

  /** Gives a text back to the task that it was written for, unless another has been written since. */
  giveBack(task, text) {
    this.#drafts[TASKS[this.#task].draft] = byId("prompt").value;
    this.#drafts[TASKS[task].draft] ||= text;
    byId("prompt").value = this.#drafts[TASKS[this.#task].draft];
  }

  /** What the form says, by the API's names. */
  read() {
    const settings = { prompt: this.text, ...this.#hidden };
    for (const name of TASKS[this.#task].settings) {
      const value = name === "size" ? this.#readSize() : byId(name).value.trim();
      const plain = ["prompt", "negative_prompt"].includes(name) ? value : value.replace(",", ".");
      if (plain !== "") {
        if (!isValid(name, plain)) {
          throw new FieldError(name, complaint(name, document.querySelector(`label[for="${name}"]`).textContent));
        }
        settings[name] = plain;
      }
    }
    return settings;
  }

  /** Fills in the settings of an image. */
  load(settings) {
    this.#reset();
    const { prompt, size, ...others } = settings;
    byId("prompt").value = prompt ?? "";
    for (const [name, value] of Object.entries(others)) {
      if (COMMON.includes(name)) {
        byId(name).value = value;
      } else if (HIDDEN.includes(name)) {
        this.#hidden[name] = value;
      }
    }
    if (size) {
      this.#writeSize(size);
    }
  }

  showError({ message, field = "" }) {
    byId("error").textContent = message;
    byId("error").hidden = false;
    const input = field === "size" && byId("size").value === CUSTOM ? byId("width") : byId(field);
    if (byId("composer").contains(input)) {
      byId("settings").open ||= byId("settings").contains(input);
      input.setAttribute("aria-invalid", "true");
      input.focus();
    }
  }

  clearError() {
    byId("error").hidden = true;
    document.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
  }

  /** While the server works, the form can only cancel. */
  set busy(busy) {
    const focused = document.activeElement;
    byId("run").hidden = busy;
    byId("cancel").hidden = !busy;
    byId("modes").disabled = busy;
    if (busy && !window.matchMedia(WIDE).matches) {
      // Then the image is just below.
      byId("cancel").scrollIntoView({ block: "start" });
    }
    if (busy && focused === byId("run")) {
      byId("cancel").focus({ preventScroll: true });
    } else if (!busy && (focused === byId("cancel") || focused === document.body)) {
      byId("run").focus({ preventScroll: true });
    }
  }

  #readSize() {
    if (byId("size").value !== CUSTOM) {
      return byId("size").value;
    }
    for (const side of ["width", "height"]) {
      if (!/^\d{1,5}$/.test(byId(side).value.trim())) {
        throw new FieldError(side, `The ${side} must be a whole number of pixels.`);
      }
    }
    return `${byId("width").value.trim()}x${byId("height").value.trim()}`;
  }

  #writeSize(size) {
    const isListed = [...byId("size").options].some((option) => option.value === size);
    byId("size").value = isListed ? size : CUSTOM;
    [byId("width").value, byId("height").value] = size.split("x");
    this.#showSettings();
  }

  #reset() {
    this.#hidden = {};
    for (const input of byId("settings").querySelectorAll("input")) {
      input.value = "";
    }
    for (const select of byId("settings").querySelectorAll("select")) {
      select.selectedIndex = 0;
    }
    this.clearError();
    this.#showSettings();
  }

  #render() {
    const { button, label, hint, draft } = TASKS[this.#task];
    document.querySelector(`[name="mode"][value="${this.#task}"]`).checked = true;
    byId("run").textContent = button;
    byId("prompt-label").textContent = label;
    byId("hint").textContent = hint;
    byId("prompt").value = this.#drafts[draft];
    byId("conversation").hidden = this.#task !== "ask";
    const examples = this.#examples[EXAMPLES[draft]] ?? [];
    byId("examples").hidden = examples.length === 0;
    byId("examples").replaceChildren(...examples.slice(0, SHOWN_EXAMPLES).map(chip));
    this.#showSettings();
  }

  #showSettings() {
    const { settings } = TASKS[this.#task];
    byId("settings").hidden = settings.length === 0;
    for (const field of document.querySelectorAll("[data-setting]")) {
      const isCustom = "custom" in field.dataset;
      field.hidden = !settings.includes(field.dataset.setting) || (isCustom && byId("size").value !== CUSTOM);
    }
  }
}

function chip(text) {
  const made = element("button", { type: "button", className: "chip", textContent: text, title: text });
  made.addEventListener("click", () => {
    byId("prompt").value = text;
    byId("prompt").focus();
  });
  return made;
}

/** The model's own size, and others of about as many pixels. */
function sizesOf({ default_width, default_height, size_multiple }) {
  const near = (pixels) => Math.max(1, Math.round(pixels / size_multiple)) * size_multiple;
  const long = near(default_width * Math.sqrt(4 / 3));
  const short = near(default_height * Math.sqrt(3 / 4));
  const sizes = [
    [default_width, default_height, "the model's own"],
    [long, short, "landscape"],
    [short, long, "portrait"],
    [near(default_width / 2), near(default_height / 2), "small"],
  ];
  return sizes.map(([width, height, name]) => [`${width}x${height}`, `${width} × ${height}, ${name}`]);
}
