/** Simulated participants: jsPsych's simulation mode drives the page with the plan's answers, or random ones. */

import type { JsPsych } from "jspsych";
import { NO_ANSWER, type Answer } from "./answer";
import type { Ask, PlannedTrial } from "./plan";
import type { Session } from "./session";

export type Mode = "visual" | "data-only";

/** jsPsych's options of a simulated trial. */
export interface SimulationOptions {
  data?: Record<string, unknown>;
}

/** Return how the page is simulated; null: a person takes part. A query works for previews only. */
export function modeOf(plan: Session["plan"], query: string): Mode | null {
  if (plan.simulation) return plan.simulation.mode;
  const asked = new URLSearchParams(query).get("simulate");
  return plan.preview && (asked === "visual" || asked === "data-only") ? asked : null;
}

/** Return the answers to the questions of a trial. */
export function trialAnswers(session: Session, trial: PlannedTrial, round: number): Answer[] {
  const given = session.plan.simulation?.answers[`${round}:${trial.index}`];
  return session.plan.asks.map((ask, place) => {
    const planned = given?.[place];
    if (planned) return { ...NO_ANSWER, value: planned.value, time_s: planned.time_s };
    return { ...NO_ANSWER, ...drawn(session.jsPsych, ask, place === 0 ? trial.right_answer : null) };
  });
}

/** Return the answer to a question outside trials. */
export function questionAnswer(session: Session, ask: Ask, value?: string): Answer {
  const planned = value ?? session.plan.simulation?.questions[ask.name];
  const answer = { ...NO_ANSWER, ...drawn(session.jsPsych, ask, null) };
  return planned === undefined ? answer : { ...answer, value: planned };
}

/** Press the key of an answer, as a person would, at a time after the onset of its question. */
export function pressLater(session: Session, ask: Ask, answer: Answer, onset: number): void {
  const key = ask.options.find((option) => option.value === answer.value)?.keys[0];
  if (!key || answer.time_s === null) return;
  const names = { key: key.key ?? "", code: key.code ?? "", bubbles: true };
  session.jsPsych.pluginAPI.setTimeout(
    () => {
      window.dispatchEvent(new KeyboardEvent("keydown", names));
      window.dispatchEvent(new KeyboardEvent("keyup", names));
    },
    Math.max(0, onset + 1000 * answer.time_s - performance.now()),
  );
}

function drawn(jsPsych: JsPsych, ask: Ask, right: string | null): { value: string; time_s: number } {
  const values = ask.options.map((option) => option.value);
  const { sampleBernoulli, sampleExGaussian, sampleWithoutReplacement } = jsPsych.randomization;
  const knows = right !== null && sampleBernoulli(0.8) === 1;
  const value = knows ? right : (sampleWithoutReplacement(values, 1)[0] as string);
  return { value, time_s: ask.from_s + sampleExGaussian(450, 80, 1 / 150, true) / 1000 };
}
