const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Of all inflated text of a file, in bytes; a file from anywhere may hold a bomb. */
const MOST_TEXT = 1 << 20;

function isPng(bytes) {
  return SIGNATURE.every((value, i) => bytes[i] === value);
}

/** Reads the text that a PNG file carries: a Map by keyword. What is damaged is left out. */
export async function readText(bytes) {
  const texts = new Map();
  if (!isPng(bytes)) {
    return texts;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let left = MOST_TEXT;
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; ) {
    const length = view.getUint32(at);
    if (length > bytes.length - at - 12) {
      break;
    }
    const type = latin1(bytes.subarray(at + 4, at + 8));
    try {
      const text = await chunkText(type, bytes.subarray(at + 8, at + 8 + length), left);
      if (text) {
        texts.set(text.keyword, text.value);
        left -= text.value.length;
      }
    } catch {
      // Damaged or too long.
    }
    at += 12 + length;
  }
  return texts;
}

async function chunkText(type, data, most) {
  const [keyword, rest] = cut(data);
  switch (type) {
    case "tEXt":
      return { keyword: latin1(keyword), value: latin1(rest) };
    case "zTXt":
      return { keyword: latin1(keyword), value: latin1(await inflate(rest.subarray(1), most)) };
    case "iTXt": {
      const [, afterLanguage] = cut(rest.subarray(2));
      const [, text] = cut(afterLanguage);
      const value = utf8(rest[0] === 1 ? await inflate(text, most) : text);
      return { keyword: latin1(keyword), value };
    }
    default:
      return undefined;
  }
}

/** What is before the first zero byte, and what is behind it. */
function cut(bytes) {
  const end = bytes.indexOf(0);
  return end < 0 ? [bytes, bytes.subarray(bytes.length)] : [bytes.subarray(0, end), bytes.subarray(end + 1)];
}

async function inflate(bytes, most) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return new Uint8Array(await new Blob(parts).arrayBuffer());
    }
    parts.push(value);
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new RangeError("too much text");
    }
  }
}

/** One character a byte; TextDecoder's "latin1" is Windows-1252. */
function latin1(bytes) {
  let text = "";
  for (const byte of bytes) {
    text += String.fromCharCode(byte);
  }
  return text;
}

function utf8(bytes) {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
