/** A step without anything to do for the participant: something is measured or saved meanwhile. */

import { ParameterType, type JsPsych, type JsPsychPlugin, type TrialType } from "jspsych";
import { make } from "../dom";

const info = {
  name: "report",
  version: "1.0.0",
  parameters: {
    /** Asks for a moment's patience. */
    text: { type: ParameterType.STRING },
    /** Function that does it, and returns a promise. */
    report: { type: ParameterType.FUNCTION },
  },
  data: {},
} as const;

type Info = typeof info;

export class ReportPlugin implements JsPsychPlugin<Info> {
  static readonly info = info;

  constructor(private readonly jsPsych: JsPsych) {}

  async trial(display: HTMLElement, parameters: TrialType<Info>, onLoad?: () => void) {
    display.replaceChildren(make("main", { class: "message" }, make("p", {}, parameters.text as string)));
    onLoad?.();
    await (parameters.report as () => Promise<void>)();
    return {};
  }

  /** Simulated participants' events are saved, too. */
  async simulate(parameters: TrialType<Info>, _mode: string, _options: object, onLoad: () => void) {
    return this.trial(this.jsPsych.getDisplayElement(), parameters, onLoad);
  }
}
