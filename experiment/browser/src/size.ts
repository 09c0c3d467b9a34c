/** The size of the screen in millimetres, and the distance to it, as far as the study asks for them. */

import type { Store } from "./events";
import VirtualChinrest from "@jspsych/plugin-virtual-chinrest";
import { make, textOf } from "./dom";
import { UNKNOWN_SIZE, type ScreenSize } from "./geometry";
import { CardPlugin } from "./plugins/card";
import type { Session } from "./session";

const DISTANCES_MM = [150, 1500] as const;
const MEASUREMENTS = 5;

/** Return the nodes that measure the size; on the same screen it is measured once, also after a reload. */
export function sizeNodes(session: Session, store: Store, name: string): object[] {
  const wanted = session.plan.require.size;
  const known = read(store.getItem(name));
  if (wanted === "none" || known) {
    session.size = known ?? UNKNOWN_SIZE;
    return [];
  }
  const keep = (size: ScreenSize) => {
    session.size = size;
    store.setItem(name, JSON.stringify({ screen: screenNow(), size }));
  };
  const card = {
    type: CardPlugin,
    session: () => session,
    on_finish: ({ px_per_mm }: { px_per_mm: number | null | undefined }) => {
      if (session.ending || px_per_mm == null) return;
      // How far away participants sit is then what the study asks them to.
      keep({ method: "card", px_per_mm, distance_mm: 10 * session.plan.viewing_distance_cm });
    },
  };
  if (wanted === "card" || session.touch) return [card];
  return [
    card,
    { timeline: [chinrest(session, keep)], conditional_function: () => session.size.px_per_mm !== null },
  ];
}

/** Measure the distance with the blind spot (Li et al. 2020); jsPsych's plugin then knows the card's size. */
function chinrest(session: Session, keep: (size: ScreenSize) => void): object {
  const text = (name: string) => session.text(name);
  const skip = make("button", { type: "button", class: "quiet", id: "skip" }, text("distance_skip"));
  const card_mm = 85.6;
  return {
    type: VirtualChinrest,
    resize_units: "none",
    blindspot_reps: MEASUREMENTS,
    adjustment_prompt: "",
    blindspot_prompt: textOf(session.lines("distance")).outerHTML + skip.outerHTML,
    blindspot_measurements_prompt: `${text("distance_left")} `,
    viewing_distance_report: `<p>${session.text("distance_is", { cm: "<span id='distance-estimate'></span>" })}</p>`,
    redo_measurement_button_label: text("distance_again"),
    blindspot_done_prompt: text("distance_fine"),
    simulation_options: { simulate: false },
    on_load: () => {
      // Its own first step, with the card, works with a mouse only: ours was done before.
      const item = document.querySelector<HTMLElement>("#item");
      if (item) item.style.width = `${(session.size.px_per_mm as number) * card_mm}px`;
      document.querySelector<HTMLElement>("#end_resize_phase")?.click();
      document.querySelector("#skip")?.addEventListener("click", () => {
        session.jsPsych.pluginAPI.cancelAllKeyboardResponses();
        session.jsPsych.finishTrial({});
      });
    },
    on_finish: ({ view_dist_mm }: { view_dist_mm: number | undefined }) => {
      const plausible =
        view_dist_mm !== undefined && view_dist_mm > DISTANCES_MM[0] && view_dist_mm < DISTANCES_MM[1];
      if (!session.ending && plausible) {
        keep({ method: "chinrest", px_per_mm: session.size.px_per_mm, distance_mm: view_dist_mm });
      }
      session.person.forget();
    },
  };
}

/** A size belongs to one screen, at one zoom of the browser. */
function screenNow(): string {
  return [window.screen.width, window.screen.height, window.devicePixelRatio].join();
}

function read(stored: string | null): ScreenSize | null {
  if (stored === null) return null;
  const { screen, size } = JSON.parse(stored) as { screen: string; size: ScreenSize };
  return screen === screenNow() ? size : null;
}
