/** A question without images, with one answer: consent, or what is asked after the last trial. */

import { ParameterType, type JsPsych, type JsPsychPlugin, type TrialType } from "jspsych";
import { Stopped, type Answer, type Frames } from "../answer";
import { keyCap, make } from "../dom";
import { nextFrame } from "../frames";
import type { Ask } from "../plan";
import type { Session } from "../session";
import { pressLater, questionAnswer, type Mode, type SimulationOptions } from "../simulation";

const info = {
  name: "question",
  version: "1.0.0",
  parameters: {
    /** The question. */
    ask: { type: ParameterType.OBJECT },
    /** The answer that a simulated participant gives; null: at random. */
    simulated: { type: ParameterType.STRING, default: null },
    /** Function that returns the session. */
    session: { type: ParameterType.FUNCTION },
  },
  data: {
    /** The answer, as it is recorded. */
    value: { type: ParameterType.STRING },
    /** From the onset of the question, in s. */
    time_s: { type: ParameterType.FLOAT },
  },
} as const;

type Info = typeof info;

export class QuestionPlugin implements JsPsychPlugin<Info> {
  static readonly info = info;

  constructor(private readonly jsPsych: JsPsych) {}

  async trial(display: HTMLElement, parameters: TrialType<Info>, onLoad?: () => void) {
    onLoad?.();
    return this.run(display, parameters, null);
  }

  async simulate(parameters: TrialType<Info>, mode: Mode, options: SimulationOptions, onLoad: () => void) {
    const { session, ask, simulated } = read(parameters);
    const answer = questionAnswer(session, ask, simulated);
    onLoad();
    if (mode === "visual") return this.run(this.jsPsych.getDisplayElement(), parameters, answer);
    const { value, time_s } = answer;
    return this.jsPsych.pluginAPI.mergeSimulationData({ value, time_s }, options);
  }

  private async run(display: HTMLElement, parameters: TrialType<Info>, simulated: Answer | null) {
    const { session, ask } = read(parameters);
    const frames = new QuestionFrames(session);
    const main = show(display, session, ask);
    await frames.frame();
    frames.onset = frames.last;
    main.dataset["phase"] = "question";
    session.person.forget();
    if (simulated) pressLater(session, ask, simulated, frames.onset);
    try {
      const { value, time_s } = await session.person.choose(ask, frames, false);
      return { value, time_s };
    } catch (problem) {
      if (!(problem instanceof Stopped)) throw problem;
      await session.stop();
      return {};
    } finally {
      frames.askToStop(Number.NEGATIVE_INFINITY);
    }
  }
}

/** The frames of a page without images. */
class QuestionFrames implements Frames {
  onset = Number.NEGATIVE_INFINITY;
  last = performance.now();
  private noticeUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly session: Session) {}

  async frame(): Promise<void> {
    this.last = await nextFrame();
    if (this.last > this.noticeUntil) this.askToStop(Number.NEGATIVE_INFINITY);
  }

  askToStop(until: number): void {
    this.noticeUntil = until;
    this.session.notice.show("stop", Number.isFinite(until) ? this.session.text("stop") : null);
  }
}

function show(display: HTMLElement, session: Session, ask: Ask): HTMLElement {
  const answers = ask.options.map((option) => {
    const cap = option.keys[0] ? keyCap(option.keys[0], option.label || option.value) : null;
    const answer = make(
      "div",
      { class: "answer" },
      cap,
      make("span", { class: "label", "aria-hidden": "true" }, option.label),
    );
    session.presses.answers(answer, { ask: ask.name, value: option.value });
    return answer;
  });
  const group = make("div", { class: "answers", role: "group", "aria-label": ask.text }, ...answers);
  group.style.setProperty("--n-answers", String(answers.length));
  const question = make("h1", { class: "question" }, ask.text);
  const main = make("main", { class: "asked", "data-ask": ask.name }, question, group);
  display.replaceChildren(main);
  return main;
}

function read(parameters: TrialType<Info>): { session: Session; ask: Ask; simulated: string | null } {
  const { session, ask, simulated } = parameters as unknown as {
    session: () => Session;
    ask: Ask;
    simulated: string | null;
  };
  return { session: session(), ask, simulated };
}
