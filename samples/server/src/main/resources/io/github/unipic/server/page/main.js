import { Api } from "./api.js";
import { Conversation } from "./ask.js";
import { Composer, FieldError } from "./composer.js";
import { announce, byId, element } from "./dom.js";
import { Extender } from "./extend.js";
import { Gallery } from "./gallery.js";
import { sizeOf, toPng } from "./images.js";
import { run } from "./job.js";
import { MaskPainter } from "./mask.js";
import { randomSeed } from "./settings.js";
import { Stage, frame } from "./stage.js";

const POLL_MILLISECONDS = 500;

const api = new Api(askForKey);
const gallery = new Gallery();
const stage = new Stage();
const composer = new Composer();
const conversation = new Conversation(api);

/** The server's answer to GET info, once the model is loaded. */
let info;
/** What cancels the request that runs, or is about to. */
let running;
/** The mask painter or extender on the stage. */
let tool;

// The image on the stage, and the tool that the task needs on it.

async function showSelected() {
  closeTool();
  const item = gallery.selected;
  conversation.show(item);
  if (!item) {
    stage.showNothing(composer.task === "generate" ? undefined : "Open an image, or drop one here.");
    return;
  }
  stage.show(item);
  const usesPrompt = ["inpaint", "extend"].includes(composer.task);
  if (usesPrompt && item.settings.prompt && item.task !== "edit") {
    composer.suggest(item.settings.prompt);
  }
  if (composer.task === "inpaint") {
    openTool(new MaskPainter(stage.frame, byId("tools"), item));
  } else if (composer.task === "extend") {
    const box = frame(2 * item.width, 2 * item.height);
    box.classList.add("extending");
    stage.frame.replaceWith(box);
    const bitmap = await createImageBitmap(item.file);
    if (box.isConnected) {
      openTool(new Extender(box, byId("tools"), item, info?.model?.size_multiple ?? 16, bitmap));
    } else {
      // Meanwhile something else came on the stage.
      bitmap.close();
    }
  }
}

function openTool(made) {
  tool = made;
  byId("tools").hidden = false;
}

function closeTool() {
  tool?.close?.();
  tool = undefined;
  byId("tools").hidden = true;
}

function showDrawing() {
  closeTool();
  stage.showDrawing();
}

gallery.addEventListener("select", showSelected);
composer.addEventListener("task", showSelected);
byId("watch").addEventListener("click", () => {
  showDrawing();
  byId("cancel").focus({ preventScroll: true });
});
gallery.addEventListener("problem", (event) => composer.showError({ message: event.detail }));

// Requests.

composer.addEventListener("submit", () =>
  attempt(async () => {
    const item = gallery.selected;
    if (composer.task !== "generate" && !item) {
      throw new Error("There is no image yet. Generate or open one first.");
    }
    if (composer.task === "ask") {
      await ask(item, composer.text);
      return;
    }
    const settings = composer.read();
    const made = await makeImages(await request(composer.task, settings, item));
    if (composer.task === "extend" && made.includes(gallery.selected)) {
      // The result is seen whole, without room for further margins.
      composer.choose("generate");
    }
  }),
);

async function request(task, settings, item) {
  if (task === "generate") {
    return { task, settings };
  }
  if (task === "edit") {
    return { task, settings, source: item.file };
  }
  if (!tool || tool.isEmpty) {
    throw new Error(
      task === "inpaint" ? "Paint over a part of the image first." : "Drag at least one edge of the image outwards first.",
    );
  }
  if (task === "inpaint") {
    return { task, settings, source: item.file, mask: await tool.file() };
  }
  const { source, mask } = await tool.files();
  return { task: "inpaint", settings, source, mask };
}

/** Gives the items that were made. The user may look at other images meanwhile. */
async function makeImages(wanted) {
  const made = [];
  await work(async (signal) => {
    const source = wanted.source && URL.createObjectURL(wanted.source);
    stage.begin({ count: Number(wanted.settings.n ?? 1), url: source, ...(await shape(wanted)) });
    showDrawing();
    announce("Drawing");
    try {
      for await (const update of run(api, wanted, signal)) {
        if (update.type === "queued") {
          stage.queued(update.position);
        } else if (update.type === "progress") {
          stage.progress(update);
        } else {
          await stage.preview(update.index, update.file);
          if (update.type === "image") {
            made.push(await gallery.add(update.file, wanted, update.seed));
          }
        }
      }
      announce(made.length === 1 ? "The image is done" : `${made.length} images are done`);
    } finally {
      URL.revokeObjectURL(source);
      if (stage.end()) {
        gallery.select(made.find((item) => gallery.has(item)) ?? gallery.selected);
      }
    }
  });
  return made;
}

/** Width and height of the images that a request makes. */
async function shape({ task, settings, source }) {
  if (task === "inpaint") {
    return sizeOf(source);
  }
  const { default_width, default_height } = info.model;
  const [width, height] = (settings.size ?? `${default_width}x${default_height}`).split("x").map(Number);
  return { width, height };
}

function ask(item, question) {
  return work(async (signal) => {
    composer.text = "";
    try {
      await conversation.ask(item, question, signal);
    } catch (error) {
      composer.giveBack("ask", question);
      throw error;
    }
  });
}

/** Has the server work, with Cancel in place of Run. A cancellation is no error. */
async function work(task) {
  const { signal } = running;
  showBusy(true);
  try {
    await task(signal);
  } catch (error) {
    if (!signal.aborted) {
      throw error;
    }
    announce("Cancelled");
  } finally {
    showBusy(false);
    byId("forget-key").hidden = !api.hasKey;
  }
}

function showBusy(busy) {
  composer.busy = busy;
  byId("again").disabled = byId("vary").disabled = busy;
}

/** Makes one request at a time, and shows what goes wrong. */
async function attempt(action) {
  if (running) {
    return;
  }
  running = new AbortController();
  composer.clearError();
  try {
    if (!info) {
      throw new Error("The model is still being loaded. Try again in a moment.");
    }
    await action();
  } catch (error) {
    composer.showError(error);
  } finally {
    running = undefined;
  }
}

byId("cancel").addEventListener("click", () => running?.abort());

// What can be done with an image.

function repeat(settings) {
  const { task, source, mask } = gallery.selected;
  return attempt(() => makeImages({ task, source, mask, settings: { ...settings, n: "1" } }));
}

byId("again").addEventListener("click", () => repeat(gallery.selected.settings));
byId("vary").addEventListener("click", () => repeat({ ...gallery.selected.settings, seed: randomSeed() }));
byId("remove").addEventListener("click", (event) => {
  // The second click of a double click is not meant for the image that comes next.
  if (event.detail < 2) {
    gallery.remove(gallery.selected);
  }
});
byId("use").addEventListener("click", () => {
  useSettings(gallery.selected);
  byId("prompt").focus();
});

function useSettings({ task, settings }) {
  composer.choose(task === "edit" ? "edit" : task === "inpaint" ? "inpaint" : "generate");
  composer.load(settings);
}

// Files: chosen, dropped or pasted.

async function open(files) {
  const file = [...files].find(({ type }) => type.startsWith("image/")) ?? files[0];
  if (!file) {
    return;
  }
  composer.clearError();
  try {
    const item = await gallery.open(await toPng(file));
    if (item.task === "generate") {
      useSettings(item);
      announce("The image is open, and its settings are loaded");
    } else {
      announce("The image is open");
    }
    gallery.select(item);
  } catch (error) {
    composer.showError(error);
  }
}

byId("open").addEventListener("click", () => byId("file").click());
byId("file").addEventListener("change", async () => {
  await open(byId("file").files);
  byId("file").value = "";
});

window.addEventListener("dragover", (event) => {
  if (event.dataTransfer.types.includes("Files")) {
    event.preventDefault();
    byId("drop").hidden = false;
  }
});
window.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) {
    byId("drop").hidden = true;
  }
});
window.addEventListener("drop", (event) => {
  byId("drop").hidden = true;
  if (event.dataTransfer.files.length > 0) {
    event.preventDefault();
    open(event.dataTransfer.files);
  }
});
window.addEventListener("paste", (event) => {
  // Spreadsheets and word processors add a picture of the text that they copy.
  const isText = isTextField(event.target) && event.clipboardData.types.includes("text/plain");
  if (!isText && event.clipboardData.files.length > 0) {
    event.preventDefault();
    open(event.clipboardData.files);
  }
});

function isTextField(target) {
  return target.matches?.("textarea, input:not([type=checkbox], [type=file], [type=radio], [type=range])") ?? false;
}

// The server.

function askForKey(text) {
  byId("key-text").textContent = text;
  byId("key").value = "";
  byId("key-dialog").showModal();
  return new Promise((resolve) =>
    byId("key-form").addEventListener(
      "submit",
      (event) => {
        event.preventDefault();
        byId("key-dialog").close();
        resolve(byId("key").value.trim());
      },
      { once: true },
    ),
  );
}

// Without a key the page can do nothing, so the dialog stays.
byId("key-dialog").addEventListener("cancel", (event) => event.preventDefault());
byId("forget-key").addEventListener("click", () => {
  api.forgetKey();
  location.reload();
});

function showStatus(state, text) {
  byId("status").dataset.state = state;
  if (byId("status").textContent !== text) {
    byId("status").textContent = text;
  }
}

/** Shows a note, in which `...` is a command. */
function showNote(note) {
  byId("note").hidden = false;
  byId("note").replaceChildren(
    ...note.split("`").map((part, i) => (i % 2 === 1 ? element("code", { textContent: part }) : part)),
  );
}

async function connect() {
  for (;;) {
    try {
      const answer = await api.get("info");
      byId("forget-key").hidden = !api.hasKey;
      if (answer.note && byId("note").hidden) {
        showNote(answer.note);
      }
      if (answer.status === "shutting_down") {
        showStatus("bad", "Shutting down");
      } else if (answer.model) {
        info = answer;
        composer.describe(answer);
        showStatus("ready", answer.model.name);
        return;
      } else {
        showStatus("waiting", "Loading the model");
      }
    } catch (error) {
      showStatus("bad", error.message);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

gallery.restore();
connect();
