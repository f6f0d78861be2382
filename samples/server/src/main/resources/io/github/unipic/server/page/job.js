import { ApiError } from "./api.js";
import { fromBase64 } from "./images.js";
import { toForm, toJson } from "./settings.js";

const PREVIEWS = 8;

/**
 * Has the server make images. A request is {task, settings, source, mask}: the task is "generate", "edit" or "inpaint";
 * the files are there where the task needs them.
 *
 * Yields {type: "queued", position}, {type: "progress", iteration, iterations, remaining}, {type: "preview", index, file}
 * and {type: "image", index, file, seed}. Aborting cancels the job on the server.
 */
export async function* run(api, request, signal) {
  const options = { stream: true, progress: true, partial_images: PREVIEWS };
  let images = 0;
  for await (const { event, content } of api.post(...address(request, options), signal)) {
    const index = content.image_index ?? 0;
    switch (event.split(".")[1]) {
      case "queued":
        yield { type: "queued", position: content.position };
        break;
      case "progress":
        yield {
          type: "progress",
          iteration: content.iteration,
          iterations: content.iterations,
          remaining: content.remaining_seconds,
        };
        break;
      case "partial_image":
        yield { type: "preview", index, file: fromBase64(content.b64_json) };
        break;
      case "completed":
        images++;
        yield { type: "image", index, file: fromBase64(content.b64_json), seed: String(content.seed) };
        break;
    }
  }
  if (images < Number(request.settings.n ?? 1)) {
    throw new ApiError("The connection ended before the image was complete.");
  }
}

function address({ task, settings, source, mask }, options) {
  if (task === "generate") {
    return ["v1/images/generations", toJson(settings, options)];
  }
  if (task === "edit") {
    return ["v1/images/edits", toForm(settings, options, { image: source })];
  }
  // An inpainted image has its source's size.
  const { size, ...others } = settings;
  return ["v1/images/edits", toForm(others, options, { image: source, mask })];
}
