/**
 * Reads server-sent events (WHATWG HTML, section 9.2) from a stream of bytes. EventSource cannot do that for a POST.
 * Yields {event, data}, with "message" for an event without a name.
 */
export async function* readEvents(stream) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  let event = "";
  let data = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      text += value;
      // A carriage return at the end may be half of a line break.
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      text = lines.pop();
      for (const line of lines) {
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const content = colon < 0 ? "" : line.slice(colon + (line[colon + 1] === " " ? 2 : 1));
        if (line === "") {
          if (data.length > 0) {
            yield { event: event || "message", data: data.join("\n") };
          }
          event = "";
          data = [];
        } else if (field === "event") {
          event = content;
        } else if (field === "data") {
          data.push(content);
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
