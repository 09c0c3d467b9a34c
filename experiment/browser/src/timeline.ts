/** The session as a timeline of jsPsych, in the order of `experiment/session/plan.py`. */

import type { Store } from "./events";
import { examples, pageNode } from "./pages";
import { nPractice, type Ask, type PlannedTrial } from "./plan";
import { FeedbackPlugin } from "./plugins/feedback";
import { ImageTrialPlugin, type PausedData, type TrialData } from "./plugins/image-trial";
import { QuestionPlugin } from "./plugins/question";
import {
  browserCheck,
  consent,
  fields,
  fullScreen,
  preload,
  report,
  start,
  type Node,
} from "./preliminaries";
import type { Features } from "./requirements";
import type { Session } from "./session";
import { sizeNodes } from "./size";
import { progressBar } from "./stage";

/** Return everything that is left of a session. */
export function timeline(session: Session, store: Store, prefix: string): Node[] {
  const { state, questions, debriefing } = session.plan;
  const features = {} as Features;
  const left = questions.filter((ask) => !state.answered.includes(ask.name));
  return [
    browserCheck(session, features),
    ...consent(session),
    preload(session),
    ...fields(session),
    ...fullScreen(session, "full_screen_body"),
    ...sizeNodes(session, store, `${prefix}size`),
    start(session, features, store),
    ...steps(session),
    ...left.map((ask) => question(session, ask)),
    report(session, "finished"),
    ...(debriefing ?? []).map((page) => pageNode(session, () => page)),
  ];
}

/** Return the pages and trials that are left. */
function steps(session: Session): Node[] {
  const { plan, practice } = session;
  const { n_done: first } = plan.state;
  const practising = plan.trials.slice(0, nPractice(plan));
  const n_main = plan.trials.length - practising.length;
  const page = (name: string, extra?: () => HTMLElement) =>
    pageNode(session, () => session.page(plan.pages[name]), { canStop: true, ...(extra ? { extra } : {}) });
  const again = () => !session.ending && practice.again();

  const nodes: Node[] = [first ? page("welcome_back") : welcome(session)];
  if (plan.examples.length && !first && practising.length)
    nodes.push(page("examples", () => examples(session)));
  for (const trial of plan.trials.slice(first)) {
    const n_done = trial.index - practising.length;
    const pause = plan.breaks[n_done];
    if (trial.index === 0 && practising.length) {
      nodes.push(page("practice"));
    } else if (n_done === 0 && practising.length) {
      nodes.push({
        timeline: [page("practice_again"), ...practising.flatMap((each) => trialNodes(session, each))],
        conditional_function: again,
        loop_function: again,
      });
      nodes.push(page("main"));
    } else if (n_done > 0 && trial.index > first && pause) {
      const bar = () => progressBar(n_done / n_main, session.progressText(n_done));
      nodes.push(pageNode(session, () => session.page(pause), { canStop: true, extra: bar }));
    }
    nodes.push(...trialNodes(session, trial));
  }
  return nodes;
}

/** Return the first page, which also says that the link continues the session. */
function welcome(session: Session): Node {
  const page = session.page(session.plan.pages["welcome"]);
  const body = [...page.body, session.text("keep_link")];
  return pageNode(session, () => ({ ...page, body }), { canStop: true });
}

/** Return a trial with what precedes it (back to full screen) and follows it (feedback). */
function trialNodes(session: Session, trial: PlannedTrial): Node[] {
  const { plan, practice } = session;
  let answer: string | null = null;
  let pauses = 0;
  let paused = false;
  const shown = {
    type: ImageTrialPlugin,
    trial,
    round: () => (trial.block === "practice" ? practice.round : 0),
    session: () => session,
    on_finish: async (data: Partial<TrialData> & Partial<PausedData>) => {
      paused = data.paused === true && !session.ending;
      pauses += Number(paused);
      if (session.ending || !data.answers) return;
      answer = data.answers[0]?.value ?? null;
      if (trial.block === "practice") practice.add(answer !== null && answer === trial.right_answer);
      const { answers, round, onset_s, timing, focus } = data;
      await session.report("response", {
        trial: trial.index,
        round,
        answers,
        onset_s,
        timing,
        focus,
        pauses,
      });
      pauses = 0;
    },
  };
  const pausedPage = {
    timeline: [pageNode(session, () => session.page(plan.pages["paused"]), { canStop: true })],
    conditional_function: () => paused,
  };
  const left = () => document.fullscreenElement === null && !session.simulated && !session.ending;
  const back = fullScreen(session, "full_screen_left");
  const feedback = { type: FeedbackPlugin, trial, answer: () => answer, session: () => session };
  return [
    ...(back.length ? [{ timeline: back, conditional_function: left }] : []),
    { timeline: [shown, pausedPage], loop_function: () => paused && !session.ending },
    {
      timeline: [feedback],
      conditional_function: () => !session.ending && (answer === null || trial.feedback !== null),
    },
  ];
}

function question(session: Session, ask: Ask): Node {
  return {
    type: QuestionPlugin,
    ask,
    session: () => session,
    on_finish: async ({ value, time_s }: { value?: string; time_s?: number }) => {
      if (!session.ending && value !== undefined)
        await session.report("question", { name: ask.name, value, time_s });
    },
  };
}
