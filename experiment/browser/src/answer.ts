/**
 * Which presses are answers: the rules of `experiment/observers/person.py`.
 *
 * A press is an answer only if it is later than the onset of the question; a question may have a later start,
 * and a deadline. Every press of an answer key counts once: as the answer; as one pressed together with it; or
 * as an early one of the next trial.
 */

import type { Ask, Key } from "./plan";
import { answerOf, isKey, type Press, type Presses } from "./presses";

/** Presses of answer keys within this time count as one movement of the hand (`records.TOGETHER_S`). */
const TOGETHER_MS = 50;
/** The quit key ends the session when it is pressed twice within this time. */
export const STOP_WITHIN_MS = 3000;

export interface Answer {
  value: string | null;
  time_s: number | null;
  early_keys: number;
  key_held: boolean;
  keys_together: number;
}

export const NO_ANSWER: Answer = {
  value: null,
  time_s: null,
  early_keys: 0,
  key_held: false,
  keys_together: 0,
};

/** The part of a screen that waiting for an answer needs; times in ms. */
export interface Frames {
  /** Of the frame that showed the question. */
  onset: number;
  /** Of the last frame. */
  last: number;
  /** Wait for the next frame. */
  frame(): Promise<void>;
  /** Say until a time that another press of the quit key ends the session. */
  askToStop(until: number): void;
}

/** The participant stops; everything so far is saved. */
export class Stopped extends Error {}
/** The participant interrupts a trial; it is shown again. */
export class Paused extends Error {}

export class Person {
  private waiting: Press[] = [];
  private askedToStop = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly presses: Presses,
    private readonly keys: { quit: Key; pause: Key },
  ) {}

  /** Forget presses of a page that is left: they are early for nothing. */
  forget(): void {
    this.presses.take();
    this.waiting = [];
  }

  /**
   * Wait for an answer, and for others that are pressed together with it.
   *
   * @param pauses Whether the pause key works.
   * @throws Stopped The quit key was pressed twice.
   * @throws Paused The pause key was pressed.
   */
  async choose(ask: Ask, frames: Frames, pauses: boolean): Promise<Answer> {
    this.listen();
    const since = this.waiting.filter((press) => press.time_ms > frames.onset);
    const held = this.presses
      .held()
      .some(
        (key) =>
          answerOf({ ...key, target: null, time_ms: 0 }, ask) !== null &&
          !since.some((press) => press.code === key.code && press.key === key.key),
      );
    const deadline = ask.deadline_s === null ? Number.POSITIVE_INFINITY : 1000 * ask.deadline_s;
    const times = { after: frames.onset + 1000 * ask.from_s, deadline: frames.onset + deadline };
    const [answer, early] = await this.wait(ask, frames, times, pauses);
    if (answer === null) return { ...NO_ANSWER, early_keys: early, key_held: held };
    const until = answer.time_ms + TOGETHER_MS;
    while (frames.last <= until) await frames.frame();
    this.listen();
    const together = this.waiting.filter((press) => answerOf(press, ask) !== null && press.time_ms <= until);
    this.waiting = this.waiting.filter((press) => !together.includes(press));
    return {
      value: answerOf(answer, ask),
      time_s: (answer.time_ms - frames.onset) / 1000,
      early_keys: early,
      key_held: held,
      keys_together: together.length,
    };
  }

  private listen(): void {
    this.waiting.push(...this.presses.take());
  }

  /** Return the first answer between two times, and the number of earlier presses of answers. */
  private async wait(
    ask: Ask,
    frames: Frames,
    { after, deadline }: { after: number; deadline: number },
    pauses: boolean,
  ): Promise<[Press | null, number]> {
    let early = 0;
    for (;;) {
      this.listen();
      for (let press = this.waiting.shift(); press; press = this.waiting.shift()) {
        if (isKey(press, this.keys.quit)) {
          this.quitPressed(press.time_ms, frames);
        } else if (pauses && isKey(press, this.keys.pause)) {
          throw new Paused("paused by the participant");
        } else if (answerOf(press, ask) === null) {
          continue;
        } else if (press.time_ms <= after) {
          early += 1;
        } else if (press.time_ms > deadline) {
          this.waiting.unshift(press); // early for the next trial
          return [null, early];
        } else {
          frames.askToStop(Number.NEGATIVE_INFINITY);
          this.askedToStop = Number.NEGATIVE_INFINITY;
          return [press, early];
        }
      }
      if (frames.last > deadline) return [null, early];
      await frames.frame();
    }
  }

  private quitPressed(time: number, frames: Frames): void {
    if (time - this.askedToStop <= STOP_WITHIN_MS) throw new Stopped("stopped by the participant");
    this.askedToStop = time;
    frames.askToStop(time + STOP_WITHIN_MS);
  }
}
