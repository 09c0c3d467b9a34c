/** The page of a session: fetch the plan, send what an earlier page could not, and run what is left. */

import { initJsPsych, type JsPsych } from "jspsych";
import { LinkClosed, type Backend } from "./backend";
import { ServeBackend } from "./backend-serve";
import { showClosed, showEnding } from "./ending";
import { EventQueue, Rejected, type Store } from "./events";
import type { Plan } from "./plan";
import { Session } from "./session";
import { modeOf } from "./simulation";
import { openStorage } from "./storage";
import { timeline } from "./timeline";

const RETRY_MS = 3000;

async function main(): Promise<void> {
  const backend: Backend = new ServeBackend(window.location.pathname);
  const store = openStorage();
  document.body.replaceChildren();
  const jsPsych = initJsPsych();
  const plan = await currentPlan(backend, store);
  if (!plan) return;
  document.documentElement.lang = plan.language;
  document.title = plan.study;
  const mode = modeOf(plan, window.location.search);
  const queue = new EventQueue(
    store,
    `${backend.storagePrefix}event:`,
    backend.send.bind(backend),
    plan.state.next_seq,
  );
  const session = new Session(plan, queue, backend, jsPsych, mode !== null);
  if (plan.state.closed) session.ending = endingOf(plan);
  else if (!(await onlyPage(backend.storagePrefix))) session.ending = { page: "elsewhere" };
  if (!session.ending) {
    try {
      await run(jsPsych, session, timeline(session, store, backend.storagePrefix), mode);
    } catch (problem) {
      // An error of the client must not leave a participant in front of an empty page.
      console.error(problem);
      session.ending = { page: "error" };
    }
  }
  if (queue.closed) store.removeItem(`${backend.storagePrefix}size`);
  showEnding(session);
}

async function run(
  jsPsych: JsPsych,
  session: Session,
  nodes: object[],
  mode: "visual" | "data-only" | null,
): Promise<void> {
  const seed = new URLSearchParams(window.location.search).get("seed");
  if (mode) {
    jsPsych.randomization.setSeed(seed ?? session.plan.slot);
    await jsPsych.simulate(nodes, mode);
  } else {
    await jsPsych.run(nodes as Parameters<JsPsych["run"]>[0]);
  }
}

/**
 * Return the plan with the session's state, after the events that an earlier page could not send; undefined if
 * the link was closed.
 */
async function currentPlan(backend: Backend, store: Store): Promise<Plan | undefined> {
  for (;;) {
    try {
      const plan = await backend.plan();
      const left = new EventQueue(
        store,
        `${backend.storagePrefix}event:`,
        backend.send.bind(backend),
        plan.state.next_seq,
      );
      if (left.pending.length === 0) return plan;
      try {
        await left.settled();
      } catch (problem) {
        if (!(problem instanceof Rejected)) throw problem;
        // The server has another state, and shows the trial again.
        left.discard();
      }
    } catch (problem) {
      if (problem instanceof LinkClosed) {
        showClosed(problem.title, problem.body);
        return undefined;
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** Return whether no other tab has this session open; if so, keep it that way until this page is closed. */
function onlyPage(name: string): Promise<boolean> {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock ? new Promise<void>(() => {}) : undefined;
    });
  });
}

function endingOf(plan: Plan): Session["ending"] {
  const closed = plan.state.closed;
  const page = { complete: "closing", screened_out: "screened_out", no_consent: "no_consent" } as const;
  return closed ? { page: page[closed.kind], closed } : null;
}

void main();
