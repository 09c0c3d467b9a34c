/** Building of elements: text from the plan is always text, never markup. */

import type { Key, Page } from "./plan";

type Child = Node | string | null;

/** Make an element with attributes and children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const ARROWS: Record<string, number> = { ArrowRight: 0, ArrowDown: 90, ArrowLeft: 180, ArrowUp: 270 };
const ARROW_OUTLINE = "-10,1.6 1,1.6 1,7.2 10,0 1,-7.2 1,-1.6 -10,-1.6";

/** Draw a key as a button: an arrow for the arrow keys, otherwise its label; `name` says what it does. */
export function keyCap(key: Key, name: string): HTMLButtonElement {
  const turned = ARROWS[key.key ?? ""];
  // Who speaks to the browser says what is written on the key.
  const spoken = turned !== undefined || name === key.cap ? name : `${key.cap}: ${name}`;
  const cap = make("button", { type: "button", class: "cap", "aria-label": spoken });
  cap.append(turned === undefined ? key.cap : arrow(turned));
  return cap;
}

function arrow(turnedDeg: number): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "-12 -12 24 24");
  picture.setAttribute("aria-hidden", "true");
  const outline = document.createElementNS(space, "polygon");
  outline.setAttribute("points", ARROW_OUTLINE);
  outline.setAttribute("transform", `rotate(${turnedDeg})`);
  picture.append(outline);
  return picture;
}

/** Make the title and the paragraphs of a page. */
export function textOf(page: Page): HTMLElement {
  return make(
    "div",
    { class: "text" },
    make("h1", {}, page.title),
    ...page.body.map((paragraph) => make("p", {}, paragraph)),
  );
}

/** A line at the bottom of the window, above everything: being offline, or how to stop. */
export class Notice {
  private readonly line = make("div", { class: "notice", role: "status", hidden: "" });
  private readonly texts = new Map<string, string>();

  constructor() {
    document.body.append(this.line);
  }

  /** Show a text, or (null) nothing, for one reason; the last reason that has a text is shown. */
  show(reason: string, text: string | null): void {
    this.texts.delete(reason);
    if (text !== null) this.texts.set(reason, text);
    const shown = [...this.texts.values()].at(-1) ?? "";
    if (this.line.textContent !== shown) this.line.textContent = shown;
    this.line.hidden = shown === "";
  }
}
