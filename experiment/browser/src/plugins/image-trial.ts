/** A trial: a fixation, then images with one question or several. */

import { ParameterType, type JsPsych, type JsPsychPlugin, type TrialType } from "jspsych";
import { NO_ANSWER, Paused, Stopped, type Answer } from "../answer";
import type { Focus } from "../focus";
import { timingOf, type Timing } from "../frames";
import type { Ask, PlannedTrial } from "../plan";
import type { Session } from "../session";
import { pressLater, trialAnswers, type Mode, type SimulationOptions } from "../simulation";
import { Stage } from "../stage";

const info = {
  name: "image-trial",
  version: "1.0.0",
  parameters: {
    /** The trial as it is planned. */
    trial: { type: ParameterType.OBJECT },
    /** Function that returns the number of the practice round; 0 in the main block. */
    round: { type: ParameterType.FUNCTION },
    /** Function that returns the session. */
    session: { type: ParameterType.FUNCTION },
  },
  data: {
    /** Number of the trial. */
    trial: { type: ParameterType.INT },
    /** Round of the practice. */
    round: { type: ParameterType.INT },
    /** One answer for each question of the task. */
    answers: { type: ParameterType.COMPLEX, array: true },
    /** Onset of the images, in s from the session's start. */
    onset_s: { type: ParameterType.FLOAT },
    /** Frames while the images were shown. */
    timing: { type: ParameterType.OBJECT },
    /** Whether the participant looked at something else. */
    focus: { type: ParameterType.OBJECT },
    /** True, without anything else, if the participant interrupted the trial. */
    paused: { type: ParameterType.BOOL },
  },
} as const;

type Info = typeof info;

/** The data of a trial, and the fields of its event. */
export interface TrialData {
  trial: number;
  round: number;
  answers: Answer[];
  onset_s: number;
  timing: Timing;
  focus: Focus;
}

/** The participant interrupted the trial. */
export interface PausedData {
  paused: true;
}

export class ImageTrialPlugin implements JsPsychPlugin<Info> {
  static readonly info = info;

  constructor(private readonly jsPsych: JsPsych) {}

  async trial(display: HTMLElement, parameters: TrialType<Info>, onLoad?: () => void) {
    onLoad?.();
    return { ...(await this.run(display, parameters, null)) };
  }

  async simulate(parameters: TrialType<Info>, mode: Mode, options: SimulationOptions, onLoad: () => void) {
    const { session, trial, round } = read(parameters);
    const answers = trialAnswers(session, trial);
    onLoad();
    if (mode === "visual")
      return { ...(await this.run(this.jsPsych.getDisplayElement(), parameters, answers)) };
    session.skip(session.plan.inter_trial_interval_s);
    const data: TrialData = {
      trial: trial.index,
      round,
      answers,
      onset_s: session.secondsOf(performance.now()),
      timing: timingOf([], session.refresh, null),
      focus: { lost: 0, lost_s: 0, left_full_screen: 0 },
    };
    session.skip(answers.reduce((sum, answer) => sum + (answer.time_s ?? 0), 0));
    return this.jsPsych.pluginAPI.mergeSimulationData(data, options);
  }

  /** Show the trial and wait for its answers; undefined if the participant stopped the session. */
  private async run(
    display: HTMLElement,
    parameters: TrialType<Info>,
    simulated: Answer[] | null,
  ): Promise<TrialData | PausedData | undefined> {
    const { session, trial, round } = read(parameters);
    const [first, ...rest] = session.plan.asks as [Ask, ...Ask[]];
    const stage = new Stage(display, session, trial, first);
    session.focus.reset();
    const ask = (each: Ask, place: number): Promise<Answer> => {
      if (simulated) pressLater(session, each, simulated[place] as Answer, stage.onset);
      return session.person.choose(each, stage, true);
    };
    try {
      await Promise.all([stage.fixation(), stage.prepare()]);
      await stage.show();
      const onset_s = session.secondsOf(stage.onset);
      const answers = [await ask(first, 0)];
      const timing = stage.timing();
      for (const [place, each] of rest.entries()) {
        if (answers[0]?.value === null) {
          answers.push(NO_ANSWER);
          continue;
        }
        await stage.further(each);
        answers.push(await ask(each, place + 1));
      }
      return { trial: trial.index, round, answers, onset_s, timing, focus: session.focus.counts() };
    } catch (problem) {
      if (problem instanceof Paused) return { paused: true };
      if (!(problem instanceof Stopped)) throw problem;
      await session.stop();
      return undefined;
    } finally {
      stage.askToStop(Number.NEGATIVE_INFINITY);
    }
  }
}

function read(parameters: TrialType<Info>): { session: Session; trial: PlannedTrial; round: number } {
  const { session, trial, round } = parameters as unknown as {
    session: () => Session;
    trial: PlannedTrial;
    round: () => number;
  };
  return { session: session(), trial, round: round() };
}
