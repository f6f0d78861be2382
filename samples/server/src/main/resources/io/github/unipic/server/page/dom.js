/** The element with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Makes an element with properties (those with a dash are attributes) and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") {
      made.setAttribute(name, value);
    } else {
      made[name] = value;
    }
  }
  made.append(...children);
  return made;
}

/** Tells users of screen readers. */
export function announce(text) {
  byId("announcement").textContent = text;
}
