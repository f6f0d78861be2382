import { readText } from "./png.js";
import { fromMetadata } from "./settings.js";

/** The most pixels of an image: 2048 x 2048. */
export const MOST_PIXELS = 1 << 22;

/** The PNG file that an event of the server carries as base64. */
export function fromBase64(base64) {
  return new Blob([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], { type: "image/png" });
}

export async function bytesOf(blob) {
  return new Uint8Array(await blob.arrayBuffer());
}

/** A data URL of a file. */
export function toDataUrl(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Width and height of an image file. */
export async function sizeOf(blob) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  bitmap.close();
  return { width, height };
}

/**
 * A PNG file of what the user chose: the file itself if UniPic made it, for its settings; otherwise converted, upright,
 * and reduced to what the model can use. Other PNG files, too, because browsers and the server turn them by different
 * metadata, and a mask would not fit.
 */
export async function toPng(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error(`"${file.name ?? "The file"}" is no image that this browser can read.`);
  }
  try {
    const pixels = bitmap.width * bitmap.height;
    if (pixels <= MOST_PIXELS && fromMetadata(await readText(await bytesOf(file)))) {
      return file.slice(0, file.size, "image/png");
    }
    const scale = Math.min(1, Math.sqrt(MOST_PIXELS / pixels));
    const width = Math.max(1, Math.floor(bitmap.width * scale));
    const height = Math.max(1, Math.floor(bitmap.height * scale));
    return await drawn(width, height, (context) => context.drawImage(bitmap, 0, 0, width, height));
  } finally {
    bitmap.close();
  }
}

/** Draws a PNG file of a size. */
export function drawn(width, height, draw) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  draw(canvas.getContext("2d"));
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("This browser has no memory left."))), "image/png"),
  );
}
