/** The screen of a trial: question above, images in the middle, answers below; shown frame by frame. */

import type { Frames } from "./answer";
import { keyCap, make } from "./dom";
import { nextFrame, timingOf, type Timing } from "./frames";
import type { Layout } from "./geometry";
import { nPractice, type Ask, type PlannedTrial } from "./plan";
import type { Session } from "./session";

export class Stage implements Frames {
  onset = Number.NEGATIVE_INFINITY;
  last = performance.now();

  private readonly element = make("main", { class: "trial" });
  private readonly cross = make("div", { class: "cross", "aria-hidden": "true" });
  private readonly layout: Layout;
  private readonly pixelRatio = window.devicePixelRatio;
  private places: HTMLElement[] = [];
  private masks: HTMLElement[] = [];
  /** Frames since the images were put on the screen; null: they are not, or not for a limited time. */
  private shownFrames: number | null = null;
  private removed: number | null = null;
  private removing = false;
  private frames_s: number[] = [];
  private noticeUntil = Number.NEGATIVE_INFINITY;

  constructor(
    display: HTMLElement,
    private readonly session: Session,
    private readonly trial: PlannedTrial,
    ask: Ask,
  ) {
    this.layout = session.layout();
    this.element.style.setProperty("--image-height", `${this.layout.heightPx / this.pixelRatio}px`);
    this.cross.hidden = true;
    this.element.dataset["trial"] = String(trial.index);
    display.replaceChildren(this.element);
    this.put(ask);
  }

  /** Draw the images, hidden, and masks where the study has them. */
  async prepare(): Promise<void> {
    const canvases = await Promise.all(
      this.trial.images.map((image) => this.session.images.draw(image, this.layout)),
    );
    const names = canvases.length === 2 ? ["image_left", "image_right"] : ["image"];
    this.places = canvases.map((canvas, place) => {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", this.session.text(names[place] ?? "image"));
      return this.atPlace(canvas, place);
    });
    if (this.session.plan.mask) {
      const widest = Math.max(...this.layout.widthsPx);
      const first = this.trial.index * canvases.length;
      const drawn = canvases.map((_, place) =>
        this.session.images.drawMask(widest, this.layout.heightPx, first + place),
      );
      this.masks = (await Promise.all(drawn)).map((canvas, place) => this.atPlace(canvas, place));
    }
    const first = this.session.plan.asks[0] as Ask;
    this.places.forEach((each, place) => {
      const option = first.options[place];
      if (first.by_place && option) {
        this.session.presses.answers(each, { ask: first.name, value: option.value });
        each.classList.add("clickable");
      }
    });
    this.element.append(...this.places, ...this.masks);
  }

  /** Put a question and its answers on the screen, with the next frame. */
  put(ask: Ask, text = ask.text): void {
    this.element.dataset["phase"] = "waiting";
    this.element.dataset["ask"] = ask.name;
    const answers = make("div", { class: ask.by_place ? "answers by-place" : "answers", role: "group" });
    answers.setAttribute("aria-label", text);
    ask.options.forEach((option, place) => {
      const key = option.keys[0];
      if (!key) return;
      const name = option.label || (ask.by_place ? this.nameOf(place) : key.cap);
      const answer = make(
        "div",
        { class: "answer" },
        keyCap(key, name),
        make("span", { class: "label", "aria-hidden": "true" }, option.label),
      );
      this.session.presses.answers(answer, { ask: ask.name, value: option.value });
      if (ask.by_place) answer.style.left = `${this.centre(place)}px`;
      answers.append(answer);
    });
    answers.style.setProperty("--n-answers", String(ask.options.length));
    const question = make("h1", { class: "question" }, text);
    this.element.replaceChildren(question, ...this.places, ...this.masks, answers, this.cross, ...this.bar());
  }

  /** Wait before the images; show the cross all the time, or at the end only. */
  async fixation(): Promise<void> {
    const wait_ms = 1000 * this.session.plan.inter_trial_interval_s;
    const cross_ms = this.session.plan.presentation.fixation_ms ?? wait_ms;
    await this.hold(wait_ms - cross_ms);
    this.cross.hidden = cross_ms <= 0;
    await this.hold(cross_ms);
  }

  /** Show the images; `onset` is the time of the frame that has them. */
  async show(): Promise<void> {
    this.cross.hidden = true;
    for (const each of this.places) each.classList.add("shown");
    await this.appear();
    this.frames_s = [];
    if (this.session.plan.limited) {
      this.shownFrames = 1;
      this.replaceImages();
    }
  }

  /** Show a further question, without the images where their presentation is limited. */
  async further(ask: Ask): Promise<void> {
    if (this.session.plan.limited) {
      for (const each of [...this.places, ...this.masks]) each.classList.remove("shown");
      this.shownFrames = null;
    }
    this.put(ask);
    await this.appear();
  }

  /** Wait for the frame that has what was put on the screen: from it on, answers count. */
  private async appear(): Promise<void> {
    await nextFrameOf(this);
    this.onset = this.last;
    this.element.dataset["phase"] = "question";
  }

  /** Show the images with a text, and a frame around the right one. */
  feedback(ask: Ask, text: string, right: number | null): void {
    this.put({ ...ask, options: [] }, text);
    for (const each of this.places) each.classList.add("shown");
    if (right !== null) this.places[right]?.classList.add("right");
  }

  async frame(): Promise<void> {
    const before = this.last;
    await nextFrameOf(this);
    this.frames_s.push((this.last - before) / 1000);
    if (this.removing) {
      this.removing = false;
      this.removed = this.last;
    }
    if (this.shownFrames !== null) {
      this.shownFrames += 1;
      this.replaceImages();
    }
    if (this.last > this.noticeUntil) this.askToStop(Number.NEGATIVE_INFINITY);
  }

  askToStop(until: number): void {
    this.noticeUntil = until;
    this.session.notice.show("stop", Number.isFinite(until) ? this.session.text("stop") : null);
  }

  /** Return the frame timing since the onset of the images. */
  timing(): Timing {
    const duration = this.removed === null ? null : (this.removed - this.onset) / 1000;
    return timingOf(this.frames_s, this.session.refresh, duration);
  }

  /** Wait to the nearest frame. */
  async hold(duration_ms: number): Promise<void> {
    const half = (1000 * this.session.refresh.period_s) / 2;
    const until = performance.now() + duration_ms - half;
    while (performance.now() < until) await this.frame();
  }

  /** Remove the images, then the masks, when they were shown for their number of frames. */
  private replaceImages(): void {
    const shown = this.session.plan.presentation;
    const images = shown.image_frames ?? this.framesOf(shown.image_ms ?? 0);
    const masks = shown.mask_ms > 0 ? this.framesOf(shown.mask_ms) : 0;
    if (this.shownFrames === images) {
      for (const each of this.places) each.classList.remove("shown");
      if (masks) for (const each of this.masks) each.classList.add("shown");
      this.removing = true;
    } else if (masks && this.shownFrames === images + masks) {
      for (const each of this.masks) each.classList.remove("shown");
    }
  }

  /** Return the number of frames nearest to a duration, at least one. */
  private framesOf(duration_ms: number): number {
    return Math.max(1, Math.round(duration_ms / 1000 / this.session.refresh.period_s));
  }

  /** Place a canvas on whole device pixels, so that its pixels stay sharp. */
  private atPlace(canvas: HTMLCanvasElement, place: number): HTMLElement {
    const ratio = this.pixelRatio;
    const holder = make("div", { class: "image" }, canvas);
    const left = Math.round(this.centre(place) * ratio - canvas.width / 2);
    const top = Math.round((window.innerHeight * ratio - canvas.height) / 2);
    holder.style.left = `${left / ratio}px`;
    holder.style.top = `${top / ratio}px`;
    holder.style.width = canvas.style.width = `${canvas.width / ratio}px`;
    holder.style.height = canvas.style.height = `${canvas.height / ratio}px`;
    return holder;
  }

  /** Return the centre of an image, from the window's left edge, in CSS pixels. */
  private centre(place: number): number {
    return window.innerWidth / 2 + (this.layout.offsetsPx[place] ?? 0) / this.pixelRatio;
  }

  private nameOf(place: number): string {
    return this.session.text(place === 0 ? "image_left" : "image_right");
  }

  /** Make the bar with the share of the main block that is done. */
  private bar(): HTMLElement[] {
    if (this.trial.block !== "main") return [];
    const first = nPractice(this.session.plan);
    const [done, all] = [this.trial.index - first, this.session.plan.trials.length - first];
    return [progressBar(done / all, this.session.progressText(done))];
  }
}

/** Make a bar that shows a share. */
export function progressBar(share: number, name: string): HTMLElement {
  return make("progress", { value: String(share), max: "1", "aria-label": name });
}

async function nextFrameOf(stage: Stage): Promise<void> {
  stage.last = await nextFrame();
}
