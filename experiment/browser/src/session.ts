/** What the parts of a session share: the plan, the queue of events, the screen, and how the session ends. */

import type { JsPsych } from "jspsych";
import { Person } from "./answer";
import type { Backend } from "./backend";
import { Notice } from "./dom";
import { EventQueue, Gone, Rejected } from "./events";
import { FocusWatch } from "./focus";
import type { Refresh } from "./frames";
import { layOut, pixelsOf, UNKNOWN_SIZE, type Layout, type ScreenSize } from "./geometry";
import { Images } from "./images";
import { fill, nPractice, type Closed, type Page, type Plan } from "./plan";
import { Practice } from "./practice";
import { isKey, Presses } from "./presses";
import type { Reason } from "./requirements";

/** Why the session on this page is over. */
export interface Ending {
  /** Name of the page that says so. */
  page: "closing" | "no_consent" | "screened_out" | "stopped" | "closed" | "error" | "elsewhere";
  /** Why the device does not fit. */
  reason?: Reason;
  closed?: Closed | null;
}

/** Show that answers are being saved only if it takes noticeably long. */
const NOTICE_AFTER_MS = 600;
/** Heights of text around the images, in em: as `Canvas.reserved_px` has them. */
const [AROUND_EM, LABEL_EM, LINE_EM] = [4.5, 4.6, 1.15];

export class Session {
  readonly presses = new Presses();
  readonly focus = new FocusWatch();
  readonly notice = new Notice();
  readonly person: Person;
  readonly images: Images;
  readonly practice: Practice;
  /** Fingers rather than keys: pages then say what to touch. */
  readonly touch = window.matchMedia("(hover: none) and (pointer: coarse)").matches;
  refresh: Refresh = { period_s: 1 / 60, locked: false, hz: null };
  size: ScreenSize = UNKNOWN_SIZE;
  ending: Ending | null = null;

  private startedAt: number | null = null;

  constructor(
    readonly plan: Plan,
    readonly queue: EventQueue,
    backend: Backend,
    readonly jsPsych: JsPsych,
    /** Whether nobody takes part. */
    readonly simulated = false,
  ) {
    this.person = new Person(this.presses, plan.keys);
    const images = Array.from({ length: plan.n_images }, (_, image) => backend.imageAddress(image));
    this.images = new Images(images, plan.mask ? backend.maskAddress : null);
    const { criterion, repetitions } = plan.practice;
    const counts = plan.trials.slice(0, nPractice(plan)).map((trial) => trial.right_answer !== null);
    this.practice = new Practice(counts, criterion, repetitions, plan.state.practice_rounds);
    const asks = [...plan.asks, ...plan.questions];
    const kept = [plan.keys.continue, ...asks.flatMap((ask) => ask.options.flatMap((option) => option.keys))];
    this.presses.listen(
      (press) => document.querySelector(".trial") !== null && kept.some((key) => isKey(press, key)),
    );
    queue.onChange = () => this.showConnection();
    window.addEventListener("online", () => queue.retryNow());
  }

  text(name: string, values: Record<string, string | number> = {}): string {
    return fill(this.plan.texts[name] ?? name, values);
  }

  /** Return a page of the plan, with a paragraph for participants without a keyboard. */
  page(page: Page | undefined): Page {
    if (!page) throw new Error("the plan lacks a page");
    return this.touch && page.touch ? { ...page, body: [...page.body, page.touch] } : page;
  }

  /** Return a page whose title and text are single lines of the plan. */
  lines(name: string, prompt = "continue"): Page {
    return {
      title: this.text(`${name}_title`),
      body: [this.text(`${name}_body`)],
      prompt: this.text(prompt),
    };
  }

  progressText(done: number): string {
    return this.text("progress", { n_done: done, n_main: this.plan.trials.length - nPractice(this.plan) });
  }

  /** Start the session's clock, or continue it. */
  start(): void {
    this.startedAt = performance.now();
  }

  /** Return a time in s from the session's start. */
  secondsOf(time_ms: number): number {
    return this.plan.state.elapsed_s + (time_ms - (this.startedAt ?? time_ms)) / 1000;
  }

  /** Let time pass on the session's clock: simulated participants that show nothing take none. */
  skip(seconds: number): void {
    if (this.startedAt !== null) this.startedAt -= 1000 * seconds;
  }

  /** Return sizes and positions of the images in the window as it is now, in device pixels. */
  layout(): Layout {
    const ratio = window.devicePixelRatio;
    const em = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const asks = this.plan.asks;
    const labels = Math.max(
      ...asks.map((ask) => Math.max(...ask.options.map((option) => linesOf(option.label)))),
    );
    const reserved = 2 * em * Math.max(AROUND_EM, labels ? LABEL_EM + LINE_EM * labels : 0);
    return layOut({
      heightPx: pixelsOf(this.plan.image_height_deg, this.size) * ratio,
      windowPx: [window.innerWidth * ratio, window.innerHeight * ratio],
      reservedPx: reserved * ratio,
      sizesPx: this.images.sizesPx,
      nImages: this.plan.trials[0]?.images.length ?? 1,
      scaling: this.plan.scaling,
    });
  }

  /**
   * Report an event, and return when the session may go on: when it is saved, or, for responses without a
   * connection, while fewer than the study's `offline_trials` wait to be sent.
   */
  async report(type: string, fields: Record<string, unknown> = {}): Promise<void> {
    this.queue.add(type, fields);
    await this.saved(type === "response" ? this.plan.offline_trials : 0);
  }

  /** End the session on this page. */
  end(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.jsPsych.abortExperiment("");
  }

  /** Stop at the participant's wish; the same link continues the session later. */
  async stop(): Promise<void> {
    await this.report("stopped");
    this.end({ page: "stopped" });
  }

  private async saved(mayBeUnsent: number): Promise<void> {
    const slow = setTimeout(() => this.notice.show("saving", this.text("saving")), NOTICE_AFTER_MS);
    try {
      await this.queue.settled(mayBeUnsent);
    } catch (problem) {
      if (problem instanceof Gone) this.end({ page: "closed" });
      else if (problem instanceof Rejected) this.end({ page: problem.elsewhere ? "elsewhere" : "error" });
      else throw problem;
    } finally {
      clearTimeout(slow);
      this.notice.show("saving", null);
    }
  }

  private showConnection(): void {
    const { pending, offline } = this.queue;
    const responses = pending.filter((event) => event.type === "response").length;
    let text = this.text(responses <= this.plan.offline_trials ? "offline" : "offline_wait");
    if (pending.at(-1)?.type === "finished") text = this.text("saving_wait", { n: pending.length });
    this.notice.show("offline", offline ? text : null);
  }
}

/** Estimate the lines of a label below a key that is 9 em wide: words are not broken. */
function linesOf(label: string): number {
  if (!label) return 0;
  const room = window.innerWidth < 600 ? 9 : 18;
  let [lines, length] = [1, 0];
  for (const word of label.split(" ")) {
    if (length > 0 && length + word.length + 1 > room) [lines, length] = [lines + 1, 0];
    length += word.length + 1;
  }
  return lines;
}
