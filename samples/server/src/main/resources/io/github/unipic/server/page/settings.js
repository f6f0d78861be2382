/*
 * Settings are texts by the names that the server's API has for them, without those that are not set. Numbers stay
 * texts, because a seed may have 64 bits, which JavaScript's numbers do not hold.
 */

const WHOLE = /^-?\d{1,19}$/;
const DECIMAL = /^-?\d{1,9}(\.\d{1,18})?(e-?\d{1,3})?$/i;
/** The same in every iteration, or falling from one number to another. */
const STEPS = /^\d{1,4}(\.\.\d{1,4}( cosine)?)?$/;

const NUMBERS = {
  seed: WHOLE,
  n: WHOLE,
  iterations: WHOLE,
  guidance_scale: DECIMAL,
  guidance_every: WHOLE,
  tokens_every: WHOLE,
  temperature: DECIMAL,
};

const PATTERNS = { ...NUMBERS, num_inference_steps: STEPS };

const MEANINGS = new Map([
  [WHOLE, "a whole number"],
  [DECIMAL, "a number"],
  [STEPS, "a whole number, or fall, such as 50..5"],
]);

/** With how many iterations that reuse nothing the server's guidance_every and tokens_every begin. */
const INITIAL = 2;

/** Whether a text is fit for a setting. */
export function isValid(name, text) {
  return !(name in PATTERNS) || PATTERNS[name].test(text);
}

/** What is wrong with a text that is not. */
export function complaint(name, label) {
  return `${label} must be ${MEANINGS.get(PATTERNS[name])}.`;
}

/** The request's body as JSON. */
export function toJson(settings, options) {
  const members = Object.entries(settings).map(
    ([name, text]) => `${JSON.stringify(name)}:${name in NUMBERS ? jsonNumber(text) : JSON.stringify(text)}`,
  );
  return `{${members.join(",")},${JSON.stringify(options).slice(1)}`;
}

/** JSON's numbers have no leading zeros. */
function jsonNumber(text) {
  return text.replace(/^(-?)0+(?=\d)/, "$1");
}

/** The request's body as a form. */
export function toForm(settings, options, files) {
  const form = new FormData();
  for (const [name, file] of Object.entries(files)) {
    form.append(name, file, `${name}.png`);
  }
  for (const [name, value] of Object.entries({ ...settings, ...options })) {
    form.append(name, value);
  }
  return form;
}

/**
 * The settings that a PNG file of UniPic carries, as the sdk's GenerateRequest.fromMetadata reads them, and the task:
 * "opened" if the server does not have all of them. Undefined for any other file.
 */
export function fromMetadata(texts) {
  const prompt = texts.get("prompt");
  const seed = texts.get("seed");
  let parameters;
  try {
    parameters = JSON.parse(texts.get("parameters"));
  } catch {
    return undefined;
  }
  if (!prompt?.trim() || !WHOLE.test(seed) || parameters === null || typeof parameters !== "object") {
    return undefined;
  }
  const { width, height, iterations, guidance, guidance_schedule, temperature } = parameters;
  const { diffusion_steps, guidance_reuse, negative_prompt, token_reuse } = parameters;
  const settings = { prompt, seed };
  if (isSide(width) && isSide(height)) {
    settings.size = `${width}x${height}`;
  }
  const numbers = {
    iterations,
    guidance_scale: guidance,
    guidance_every: guidance_reuse?.every,
    tokens_every: token_reuse?.every,
    temperature,
    num_inference_steps: diffusion_steps,
  };
  for (const [name, value] of Object.entries(numbers)) {
    // Steps that fall are text.
    if (["number", "string"].includes(typeof value) && isValid(name, String(value))) {
      settings[name] = String(value);
    }
  }
  for (const [name, value] of Object.entries({ guidance_schedule, negative_prompt })) {
    if (typeof value === "string" && value) {
      settings[name] = value;
    }
  }
  const isRepeatable = [guidance_reuse, token_reuse].every((reuse) => !reuse || reuse.initial === INITIAL);
  return { settings, task: texts.get("task") ?? (isRepeatable ? "generate" : "opened") };
}

function isSide(value) {
  return Number.isInteger(value) && value > 0 && value <= 8192;
}

/** A seed that a JSON number of any program holds. */
export function randomSeed() {
  return String(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
}

/** What a line below an image tells. */
export function facts({ width, height, task, settings }) {
  const parts = [`${width} × ${height}`];
  const named = {
    seed: "seed",
    guidance_scale: "guidance",
    guidance_every: "guidance every",
    tokens_every: "tokens every",
    iterations: "iterations",
    num_inference_steps: "diffusion steps",
    temperature: "temperature",
  };
  for (const [name, label] of Object.entries(named)) {
    if (settings[name] !== undefined) {
      parts.push(["iterations", "diffusion steps"].includes(label) ? `${settings[name]} ${label}` : `${label} ${settings[name]}`);
    }
  }
  if (task === "opened" && settings.prompt) {
    parts.push("cannot be drawn again");
  }
  return parts.join(" · ");
}
