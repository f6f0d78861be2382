/*
 * Settings are texts by the names that the server's API has for them, without those that are not set. Numbers stay
 * texts, because a seed may have 64 bits, which JavaScript's numbers do not hold.
 */

const WHOLE = /^-?\d{1,19}$/;
const DECIMAL = /^-?\d{1,9}(\.\d{1,18})?(e-?\d{1,3})?$/i;

const NUMBERS = {
  seed: WHOLE,
  n: WHOLE,
  iterations: WHOLE,
  num_inference_steps: WHOLE,
  guidance_scale: DECIMAL,
  temperature: DECIMAL,
};

/** Whether a text is fit for a setting. */
export function isValid(name, text) {
  return !(name in NUMBERS) || NUMBERS[name].test(text);
}

/** What is wrong with a text that is not. */
export function complaint(name, label) {
  return `${label} must be ${NUMBERS[name] === WHOLE ? "a whole number" : "a number"}.`;
}

/** The request's body as JSON. */
export function toJson(settings, options) {
  const members = Object.entries(settings).map(
    ([name, text]) => `${JSON.stringify(name)}:${name in NUMBERS ? text : JSON.stringify(text)}`,
  );
  return `{${members.join(",")},${JSON.stringify(options).slice(1)}`;
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
 * The settings that a PNG file of UniPic carries, as the sdk's GenerateRequest.fromMetadata reads them, and the task if
 * it is other than generating. Undefined for any other file.
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
  const { width, height, iterations, guidance, guidance_schedule, temperature, diffusion_steps, negative_prompt } =
    parameters;
  const settings = { prompt, seed };
  if (isSide(width) && isSide(height)) {
    settings.size = `${width}x${height}`;
  }
  const numbers = { iterations, guidance_scale: guidance, temperature, num_inference_steps: diffusion_steps };
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value === "number" && isValid(name, String(value))) {
      settings[name] = String(value);
    }
  }
  for (const [name, value] of Object.entries({ guidance_schedule, negative_prompt })) {
    if (typeof value === "string" && value) {
      settings[name] = value;
    }
  }
  return { settings, task: texts.get("task") ?? "generate" };
}

function isSide(value) {
  return Number.isInteger(value) && value > 0 && value <= 8192;
}

/** A seed that a JSON number of any program holds. */
export function randomSeed() {
  return String(Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
}

/** What a line below an image tells. */
export function facts({ width, height, settings }) {
  const parts = [`${width} × ${height}`];
  const named = {
    seed: "seed",
    guidance_scale: "guidance",
    iterations: "iterations",
    num_inference_steps: "diffusion steps",
    temperature: "temperature",
  };
  for (const [name, label] of Object.entries(named)) {
    if (settings[name] !== undefined) {
      parts.push(["iterations", "diffusion steps"].includes(label) ? `${settings[name]} ${label}` : `${label} ${settings[name]}`);
    }
  }
  return parts.join(" · ");
}
