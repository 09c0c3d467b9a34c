/** The last page: thanks, a completion code, the way back; or why the session can't go on here. */

import { make, textOf } from "./dom";
import type { Closed, Page } from "./plan";
import type { Ending, Session } from "./session";

/** Show how the session ended. */
export function showEnding(session: Session): void {
  const ending = session.ending ?? { page: "closing" as const, closed: session.queue.closed };
  const main = make("main", { class: "page" }, textOf(pageOf(session, ending)));
  main.append(...wayBack(session, ending.closed ?? null));
  if (ending.page === "screened_out" && !ending.closed && session.plan.state.next_seq === 0) {
    main.append(noOtherDevice(session, ending));
  }
  if (["stopped", "error", "elsewhere"].includes(ending.page)) main.append(again(session));
  session.notice.show("offline", null);
  document.body.replaceChildren(main);
  if (document.fullscreenElement) void document.exitFullscreen();
}

/** Show a page when there is no plan, and so no session. */
export function showClosed(title: string, body: string): void {
  document.body.replaceChildren(make("main", { class: "page" }, textOf({ title, body: [body], prompt: "" })));
}

function pageOf(session: Session, ending: Ending): Page {
  if (ending.page !== "screened_out") return session.lines(ending.page);
  const { name, values } = ending.reason ?? { name: null, values: {} };
  const body = name ? [session.text(`screened_out_${name}`, values)] : [];
  return { title: session.text("screened_out_title"), body, prompt: "" };
}

/** Return the completion code and the link back to where the participant came from. */
function wayBack(session: Session, closed: Closed | null): HTMLElement[] {
  const parts: HTMLElement[] = [];
  if (closed?.code) {
    const [before, after] = session.text("code", { code: "\u0000" }).split("\u0000");
    parts.push(make("p", { class: "code" }, before ?? "", make("output", {}, closed.code), after ?? ""));
  }
  if (closed?.url && /^https?:/.test(closed.url)) {
    const link = make(
      "a",
      { href: closed.url, rel: "noreferrer", class: "cap wide" },
      session.text("code_link"),
    );
    parts.push(make("div", { class: "prompt" }, link));
  }
  return parts;
}

/** Return a button that gives the place away; without it the link works on another device. */
function noOtherDevice(session: Session, ending: Ending): HTMLElement {
  const button = make("button", { type: "button", class: "cap wide" }, session.text("screened_out_end"));
  button.addEventListener("click", () => {
    button.disabled = true;
    void session.report("screened_out", { reason: ending.reason?.name ?? "screen" }).then(() => {
      session.ending = {
        ...ending,
        closed: session.queue.closed ?? { kind: "screened_out", code: null, url: null },
      };
      showEnding(session);
    });
  });
  return make("div", { class: "prompt" }, button);
}

/** Return a button that loads the page again, which continues the session. */
function again(session: Session): HTMLElement {
  const button = make("button", { type: "button", class: "cap wide" }, session.text("go_on"));
  button.addEventListener("click", () => window.location.reload());
  return make("div", { class: "prompt" }, button);
}
