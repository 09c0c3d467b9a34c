/** What precedes the pages and trials of a session: device, consent, images, fields, screen. */

import type { Store } from "./events";
import BrowserCheck from "@jspsych/plugin-browser-check";
import Fullscreen from "@jspsych/plugin-fullscreen";
import Preload from "@jspsych/plugin-preload";
import { apparatus, countSessions } from "./apparatus";
import { make, textOf } from "./dom";
import { measureRefresh } from "./frames";
import { pageNode } from "./pages";
import { explainInputs, fieldsHtml, FormPlugin, simulatedFields } from "./plugins/form";
import { QuestionPlugin } from "./plugins/question";
import { ReportPlugin } from "./plugins/report";
import { unmet, type Features, type Reason } from "./requirements";
import type { Session } from "./session";

/** A node of jsPsych's timeline. */
export type Node = object;

const AGREE = "agreed";
const RETRY_MS = 2000;

/** Check the device before anything else; who can't take part on it learns why, politely. */
export function browserCheck(session: Session, features: Features): Node {
  let reason: Reason | null = null;
  const { require } = session.plan;
  const [width, height] = require.full_screen ? [0, 0] : (require.min_screen_px ?? [0, 0]);
  const tooSmall: Reason = { name: "screen", values: { width_px: width, height_px: height } };
  return {
    type: BrowserCheck,
    skip_features: ["webaudio", "webcam", "microphone", "vsync_rate"],
    minimum_width: width,
    minimum_height: height,
    window_resize_message: resizeMessage(session, tooSmall),
    resize_fail_button_text: session.text("screened_out_end"),
    inclusion_function: (found: Features) => {
      const screen_px: [number, number] = [window.screen.width, window.screen.height];
      reason = unmet(require, { ...found, touch: session.touch, screen_px });
      return reason === null;
    },
    exclusion_message: () => {
      // Without another reason, the window could not be made large enough.
      reason ??= tooSmall;
      return "";
    },
    on_finish: (found: Features) => {
      Object.assign(features, found);
      if (reason) session.end({ page: "screened_out", reason });
    },
  };
}

/** Return what is shown while the window is too small; the plugin writes its sizes into hidden elements. */
function resizeMessage(session: Session, tooSmall: Reason): string {
  const sizes = ["min-width", "min-height", "actual-width", "actual-height"];
  const hidden = sizes.map((name) => make("span", { id: `browser-check-${name}`, hidden: "" }));
  return make("p", {}, session.text("screened_out_screen", tooSmall.values), ...hidden).outerHTML;
}

/** Return the information pages and the question for consent. */
export function consent(session: Session): Node[] {
  const { consent, state } = session.plan;
  if (!consent || state.agreed) return [];
  return [
    ...consent.pages.map((page) => pageNode(session, () => page)),
    {
      type: QuestionPlugin,
      ask: consent.ask,
      simulated: AGREE,
      session: () => session,
      on_finish: async ({ value }: { value?: string }) => {
        if (session.ending || value === undefined) return;
        await session.report("consent", { answer: value });
        if (value !== AGREE) session.end({ page: "no_consent", closed: session.queue.closed });
      },
    },
  ];
}

/** Load all images before anything is timed; what fails is tried again. */
export function preload(session: Session): Node {
  const { addresses, maskAddress } = session.images;
  const n_trials = addresses.length;
  let n = 0;
  const text = () => session.text("loading", { n, n_trials });
  const one = {
    type: Preload,
    images: maskAddress ? [...addresses, maskAddress] : addresses,
    message: () => make("main", { class: "message" }, make("p", { id: "loading" }, text())).outerHTML,
    show_progress_bar: false,
    continue_after_error: true,
    on_start: () => {
      n = 0;
    },
    on_success: () => {
      n = Math.min(n + 1, n_trials);
      const line = document.querySelector("#loading");
      if (line) line.textContent = text();
    },
    on_finish: async ({ success }: { success?: boolean }) => {
      session.notice.show("loading", success ? null : session.text("loading_failed"));
      if (success) await session.images.loadAll();
      else if (!session.ending) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    },
  };
  return {
    timeline: [one],
    loop_function: (data: { values(): { success?: boolean }[] }) =>
      !session.ending && data.values().at(-1)?.success !== true,
  };
}

/** Return the form with the questions about the participant. */
export function fields(session: Session): Node[] {
  if (session.plan.state.fields_done || session.plan.fields.length === 0) return [];
  const page = { title: session.text("fields_title"), body: [], prompt: session.text("continue") };
  return [
    {
      type: FormPlugin,
      preamble: textOf(page).outerHTML,
      html: fieldsHtml(session),
      button_label: page.prompt,
      simulation_options: { data: { response: simulatedFields(session) } },
      on_load: () => explainInputs(session),
      on_finish: async ({ response }: { response?: Record<string, string> }) => {
        if (session.ending || !response) return;
        await session.report("fields", { values: response });
        session.person.forget();
      },
    },
  ];
}

/** Enter full screen, which browsers allow after a click only; not on devices that can't. */
export function fullScreen(session: Session, body: "full_screen_body" | "full_screen_left"): Node[] {
  if (!session.plan.require.full_screen || !document.fullscreenEnabled) return [];
  const page = {
    title: session.text("full_screen_title"),
    body: [session.text(body)],
    prompt: session.text("full_screen_button"),
  };
  return [
    {
      type: Fullscreen,
      fullscreen_mode: true,
      message: textOf(page).outerHTML,
      button_label: page.prompt,
      delay_after: 500,
      simulation_options: { mode: "data-only" },
      on_finish: () => session.person.forget(),
    },
  ];
}

/** Measure the refresh, start the clock, and report what the session is shown on. */
export function start(session: Session, features: Features, store: Store): Node {
  return report(session, "run", async () => {
    session.refresh = await measureRefresh();
    session.focus.watch();
    session.start();
    return {
      apparatus: apparatus(session, features, countSessions(store, session.plan.study, session.plan.slot)),
    };
  });
}

/** Return a node that reports an event and waits until it is saved. */
export function report(
  session: Session,
  type: string,
  fields: () => Promise<Record<string, unknown>> = async () => ({}),
): Node {
  return {
    type: ReportPlugin,
    text: session.text("saving"),
    report: async () => {
      if (!session.ending) await session.report(type, await fields());
    },
  };
}
