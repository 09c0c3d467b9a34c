/** The size of the screen: the participant makes an outline as large as a bank card (ISO/IEC 7810, ID-1). */

import { ParameterType, type JsPsych, type JsPsychPlugin, type TrialType } from "jspsych";
import { make, textOf } from "../dom";
import type { Session } from "../session";
import type { Mode, SimulationOptions } from "../simulation";

const CARD_MM = { long: 85.6, short: 53.98 };
/** Below this width of the window the card is drawn upright. */
const UPRIGHT_BELOW_PX = 600;
const NARROWEST_PX = 120;

const info = {
  name: "card",
  version: "1.0.0",
  parameters: {
    /** Function that returns the session. */
    session: { type: ParameterType.FUNCTION },
  },
  data: {
    /** CSS pixels per millimetre; null: the participant has no card. */
    px_per_mm: { type: ParameterType.FLOAT },
  },
} as const;

type Info = typeof info;

export class CardPlugin implements JsPsychPlugin<Info> {
  static readonly info = info;

  constructor(private readonly jsPsych: JsPsych) {}

  trial(display: HTMLElement, parameters: TrialType<Info>) {
    const session = (parameters as unknown as { session: () => Session }).session();
    const finish = (px_per_mm: number | null) => this.jsPsych.finishTrial({ px_per_mm });
    const upright = window.innerWidth < UPRIGHT_BELOW_PX;
    const width_mm = upright ? CARD_MM.short : CARD_MM.long;
    const height_mm = upright ? CARD_MM.long : CARD_MM.short;
    const page = session.lines("size", "size_done");
    const card = make("div", { class: "card", "aria-hidden": "true" });
    const size = make("input", {
      type: "range",
      min: String(NARROWEST_PX),
      max: String(Math.floor(0.92 * window.innerWidth)),
      step: "1",
      "aria-label": page.title,
    });
    const draw = () => {
      card.style.width = `${size.value}px`;
      card.style.height = `${(Number(size.value) * height_mm) / width_mm}px`;
    };
    const step = (name: string, sign: string, change: number) => {
      const button = make("button", { type: "button", class: "cap", "aria-label": session.text(name) }, sign);
      button.addEventListener("click", () => {
        size.valueAsNumber += change;
        draw();
      });
      return button;
    };
    const done = make("button", { type: "button", class: "cap wide" }, page.prompt);
    const none = make("button", { type: "button", class: "quiet" }, session.text("size_skip"));
    size.addEventListener("input", draw);
    done.addEventListener("click", () => finish(size.valueAsNumber / width_mm));
    none.addEventListener("click", () => finish(null));
    display.replaceChildren(
      make(
        "main",
        { class: "page" },
        textOf(page),
        make("div", { class: "sizing" }, step("smaller", "−", -1), size, step("larger", "+", 1)),
        make("div", { class: "card-place" }, card),
        make("div", { class: "prompt" }, done, none),
      ),
    );
    size.value = String(Math.round((width_mm * 96) / 25.4));
    draw();
    size.focus();
  }

  /** A simulated participant has no screen. */
  simulate(_parameters: TrialType<Info>, _mode: Mode, options: SimulationOptions, onLoad: () => void) {
    onLoad();
    this.jsPsych.finishTrial(this.jsPsych.pluginAPI.mergeSimulationData({ px_per_mm: null }, options));
  }
}
