/** Simulated participants: jsPsych's simulation mode drives the page, in trial runs only. */

import type { JsPsych } from "jspsych";
import { NO_ANSWER, type Answer } from "./answer";
import type { Ask, PlannedTrial } from "./plan";
import type { Session } from "./session";

export type Mode = "visual" | "data-only";

/** jsPsych's options of a simulated trial. */
export interface SimulationOptions {
  data?: Record<string, unknown>;
}

/** Return how the page is simulated; null: a person takes part. Only trial runs can be simulated. */
export function modeOf(plan: Session["plan"], query: string): Mode | null {
  const asked = new URLSearchParams(query).get("simulate");
  return plan.preview && (asked === "visual" || asked === "data-only") ? asked : null;
}

/** Draw the answers to the questions of a trial: often right, and sometimes after the deadline. */
export function trialAnswers(session: Session, trial: PlannedTrial): Answer[] {
  const [first, ...rest] = session.plan.asks.map((ask, place) =>
    drawn(session.jsPsych, ask, place === 0 ? trial.right_answer : null),
  ) as [Answer, ...Answer[]];
  return [first, ...rest.map((answer) => (first.value === null ? NO_ANSWER : answer))];
}

/** Draw the answer to a question outside trials; `value`: which one it is. */
export function questionAnswer(session: Session, ask: Ask, value: string | null): Answer {
  const answer = drawn(session.jsPsych, ask, null);
  return value === null ? answer : { ...answer, value };
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

function drawn(jsPsych: JsPsych, ask: Ask, right: string | null): Answer {
  const values = ask.options.map((option) => option.value);
  const { sampleBernoulli, sampleExGaussian, sampleWithoutReplacement } = jsPsych.randomization;
  const knows = right !== null && sampleBernoulli(0.8) === 1;
  const value = knows ? right : (sampleWithoutReplacement(values, 1)[0] as string);
  const time_s = ask.from_s + sampleExGaussian(450, 80, 1 / 150, true) / 1000;
  return time_s < (ask.deadline_s ?? Number.POSITIVE_INFINITY) ? { ...NO_ANSWER, value, time_s } : NO_ANSWER;
}
