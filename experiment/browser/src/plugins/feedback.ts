/** Feedback after an answer: whether it was right, with the images; or that the deadline has passed. */

import { ParameterType, type JsPsych, type JsPsychPlugin, type TrialType } from "jspsych";
import { make } from "../dom";
import type { Ask, PlannedTrial } from "../plan";
import type { Session } from "../session";
import type { Mode, SimulationOptions } from "../simulation";
import { Stage } from "../stage";

const FEEDBACK_MS = 1500;

const info = {
  name: "feedback",
  version: "1.0.0",
  parameters: {
    /** The trial that was answered. */
    trial: { type: ParameterType.OBJECT },
    /** Function that returns the answer; null: too late. */
    answer: { type: ParameterType.FUNCTION },
    /** Function that returns the session. */
    session: { type: ParameterType.FUNCTION },
  },
  data: {},
} as const;

type Info = typeof info;

export class FeedbackPlugin implements JsPsychPlugin<Info> {
  static readonly info = info;

  constructor(private readonly jsPsych: JsPsych) {}

  async trial(display: HTMLElement, parameters: TrialType<Info>, onLoad?: () => void) {
    const { session, trial, answer } = parameters as unknown as {
      session: () => Session;
      trial: PlannedTrial;
      answer: () => string | null;
    };
    onLoad?.();
    await show(display, session(), trial, answer());
    return {};
  }

  async simulate(parameters: TrialType<Info>, mode: Mode, _options: SimulationOptions, onLoad: () => void) {
    if (mode === "visual") return this.trial(this.jsPsych.getDisplayElement(), parameters, onLoad);
    onLoad();
    return {};
  }
}

async function show(
  display: HTMLElement,
  session: Session,
  trial: PlannedTrial,
  answer: string | null,
): Promise<void> {
  if (answer === null) {
    display.replaceChildren(
      make("main", { class: "message", role: "alert" }, make("p", {}, session.text("too_late"))),
    );
    await new Promise((resolve) => setTimeout(resolve, FEEDBACK_MS));
    return;
  }
  const ask = session.plan.asks[0] as Ask;
  const right = trial.right_answer;
  const texts = trial.feedback;
  if (!texts) return;
  const text = "either" in texts ? texts.either : answer === right ? texts.right : texts.wrong;
  const place = ask.options.findIndex((option) => option.value === right);
  const stage = new Stage(display, session, trial, ask);
  await stage.prepare();
  stage.feedback(ask, text, ask.by_place && place >= 0 ? place : null);
  await stage.hold(FEEDBACK_MS);
}
