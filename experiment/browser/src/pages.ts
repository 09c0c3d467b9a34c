/** Pages of text, with jsPsych's instructions plugin: the continue key or its picture leads on. */

import Instructions from "@jspsych/plugin-instructions";
import { keyCap, make, textOf } from "./dom";
import type { Page } from "./plan";
import type { Session } from "./session";

export interface PageParts {
  /** Something between the text and the key: example images, a bar. */
  extra?: () => HTMLElement | null;
  /** Whether the participant can stop here. */
  canStop?: boolean;
}

/** Return a node of the timeline that shows a page. */
export function pageNode(session: Session, page: () => Page, parts: PageParts = {}): object {
  let left = new AbortController();
  return {
    type: Instructions,
    pages: () => [pageHtml(session, page(), parts)],
    key_forward: continueKey(session),
    allow_backward: false,
    show_clickable_nav: false,
    simulation_options: { data: { rt: 300 } },
    on_load: () => {
      left = new AbortController();
      connect(session, left.signal);
    },
    on_finish: () => {
      left.abort();
      session.person.forget();
    },
  };
}

function pageHtml(session: Session, page: Page, parts: PageParts): string {
  const prompt = session.touch
    ? [
        make(
          "button",
          { type: "button", class: "cap wide", "data-does": "continue" },
          session.text("continue"),
        ),
      ]
    : [continueCap(session), make("span", { class: "label" }, page.prompt)];
  const stop = make(
    "button",
    { type: "button", class: "quiet", "data-does": "stop" },
    session.text("stop_button"),
  );
  return make(
    "main",
    { class: "page" },
    session.plan.preview ? make("p", { class: "preview" }, session.text("preview")) : null,
    textOf(page),
    parts.extra?.() ?? null,
    make("div", { class: "prompt" }, ...prompt, parts.canStop ? stop : null),
  ).outerHTML;
}

function continueCap(session: Session): HTMLElement {
  const cap = keyCap(session.plan.keys.continue, session.text("continue"));
  cap.dataset["does"] = "continue";
  return cap;
}

/** Return the continue key as jsPsych knows it. */
function continueKey(session: Session): string {
  return session.plan.keys.continue.key ?? " ";
}

function connect(session: Session, signal: AbortSignal): void {
  const { jsPsych } = session;
  document.querySelector<HTMLElement>("[data-does=continue]")?.addEventListener("click", (event) => {
    event.preventDefault();
    jsPsych.pluginAPI.pressKey(continueKey(session));
  });
  document.querySelector("[data-does=stop]")?.addEventListener("click", () => confirmStop(session));
  document.querySelectorAll<HTMLElement>("[data-image]").forEach((place) => void drawExample(session, place));
  // On a page that is longer than the window, the continue key first scrolls, so that nothing is skipped.
  window.addEventListener(
    "keydown",
    (event) => {
      const root = document.documentElement;
      const atEnd = root.scrollTop + root.clientHeight >= root.scrollHeight - 4;
      if (event.isTrusted && event.key === continueKey(session) && !atEnd) event.stopImmediatePropagation();
    },
    { capture: true, signal },
  );
}

/** Ask whether the participant wants to stop; what they did so far is saved. */
export function confirmStop(session: Session): void {
  const goOn = make("button", { type: "button", class: "cap wide" }, session.text("go_on"));
  const stop = make("button", { type: "button", class: "quiet" }, session.text("stop_button"));
  const question = make("p", { id: "stop-question" }, session.text("stop_question"));
  const dialog = make(
    "dialog",
    { "aria-labelledby": "stop-question" },
    question,
    make("div", { class: "prompt" }, goOn, stop),
  );
  goOn.addEventListener("click", () => dialog.close());
  stop.addEventListener("click", () => {
    dialog.close();
    void session.stop();
  });
  // Keys in the dialog are not for the page behind it.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** Return the example images with their captions; they are drawn once the page is shown. */
export function examples(session: Session): HTMLElement {
  const figures = session.plan.examples.map(({ image, caption }) =>
    make(
      "figure",
      {},
      make("div", { "data-image": String(image), "data-caption": caption }),
      make("figcaption", {}, caption),
    ),
  );
  return make("div", { class: "examples" }, ...figures);
}

async function drawExample(session: Session, place: HTMLElement): Promise<void> {
  const number = Number(place.dataset["image"]);
  const layout = session.layout();
  const canvas = await session.images.draw(number, layout);
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", place.dataset["caption"] ?? "");
  canvas.style.width = `${canvas.width / window.devicePixelRatio}px`;
  canvas.classList.toggle("sharp", layout.factor !== null);
  place.append(canvas);
}
