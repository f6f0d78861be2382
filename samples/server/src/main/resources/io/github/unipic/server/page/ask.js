import { announce, byId, element } from "./dom.js";
import { toDataUrl } from "./images.js";

/** Conversations about images. Each item has its own, in `turns`: {role, content, note} with texts as contents. */
export class Conversation {
  #api;
  #item;

  constructor(api) {
    this.#api = api;
    byId("new-conversation").addEventListener("click", () => {
      if (this.#item) {
        this.#item.turns = [];
        this.show(this.#item);
        byId("prompt").focus();
      }
    });
  }

  /** Shows the conversation about an item, if there is one. */
  show(item) {
    this.#item = item;
    const turns = item?.turns ?? [];
    byId("turns").replaceChildren(...turns.map(bubble));
    byId("turns").hidden = byId("new-conversation").hidden = turns.length === 0;
    byId("turns").scrollTop = byId("turns").scrollHeight;
  }

  /**
   * Asks, and shows the answer as it comes, if the item is on show. A question without an answer is no part of the
   * conversation: then this throws. A cancelled answer is one if it has begun.
   */
  async ask(item, question, signal) {
    item.turns ??= [];
    const answer = { role: "assistant", content: "" };
    item.turns = [...item.turns, { role: "user", content: question }, answer];
    this.show(item);
    byId("turns").setAttribute("aria-busy", "true");
    // Tokens come faster than the screen is redrawn.
    let frame;
    const redraw = () => {
      frame = undefined;
      if (this.#item === item) {
        byId("turns").lastElementChild?.replaceWith(bubble(answer));
        byId("turns").scrollTop = byId("turns").scrollHeight;
      }
    };
    try {
      const body = JSON.stringify({
        messages: await messages(item, item.turns.slice(0, -1)),
        stream: true,
        stream_options: { include_usage: true },
      });
      for await (const { content } of this.#api.post("v1/chat/completions", body, signal)) {
        const choice = content.choices[0];
        answer.content += choice?.delta?.content ?? "";
        answer.note = choice?.finish_reason === "length" ? "The answer ended at its length limit." : answer.note;
        frame ??= requestAnimationFrame(redraw);
      }
      announce(answer.content);
    } catch (error) {
      if (!signal.aborted || !answer.content) {
        item.turns = item.turns.slice(0, -2);
        throw error;
      }
      answer.note = "Cancelled.";
      announce("Cancelled");
    } finally {
      cancelAnimationFrame(frame);
      byId("turns").removeAttribute("aria-busy");
      if (this.#item === item) {
        this.show(item);
      }
    }
  }
}

/** In OpenAI's form. The image comes with the first question. */
async function messages(item, turns) {
  const url = await toDataUrl(item.file);
  return turns.map(({ role, content }, i) =>
    i > 0
      ? { role, content }
      : {
          role,
          content: [
            { type: "image_url", image_url: { url } },
            { type: "text", text: content },
          ],
        },
  );
}

function bubble({ role, content, note }) {
  const speaker = element("span", { className: "unseen", textContent: role === "user" ? "You: " : "UniPic: " });
  const turn = element("div", { className: `turn ${role}` }, speaker, content || "…");
  if (note) {
    turn.append(element("small", { textContent: note }));
  }
  return turn;
}
