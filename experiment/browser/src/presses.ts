/** Presses of keys, and of answers with mouse or finger, with the times at which the browser saw them. */

import type { Ask, Key } from "./plan";

export interface Press {
  /** `KeyboardEvent.code` and `.key`; empty for mouse and touch. */
  code: string;
  key: string;
  /** The answer that was clicked or touched. */
  target: Target | null;
  /** On the clock of `performance.now()` and of frames. */
  time_ms: number;
}

/** An answer that can be clicked. */
export interface Target {
  ask: string;
  value: string;
}

/** Return whether a press is of a key: by its place on the keyboard, or by what it types. */
export function isKey(press: Pick<Press, "code" | "key">, key: Key): boolean {
  if (key.code !== null && press.code === key.code) return true;
  const typed = press.key.length === 1 ? press.key.toLowerCase() : press.key;
  return key.key !== null && typed === key.key;
}

/** Return the answer that a press gives to a question; null: none. */
export function answerOf(press: Press, ask: Ask): string | null {
  if (press.target) return press.target.ask === ask.name ? press.target.value : null;
  return ask.options.find((option) => option.keys.some((key) => isKey(press, key)))?.value ?? null;
}

/** Collects presses until someone takes them, so that none is lost between two questions. */
export class Presses {
  private waiting: Press[] = [];
  private readonly down = new Map<string, { code: string; key: string }>();

  /** Start to listen. Keys that are held down count once; the page does not scroll under answer keys. */
  listen(keeps: (press: Press) => boolean): void {
    window.addEventListener("keydown", (event) => {
      const press = { code: event.code, key: event.key, target: null, time_ms: event.timeStamp };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) return;
      if (keeps(press)) event.preventDefault();
      if (event.repeat) return;
      this.down.set(event.code || event.key, press);
      this.waiting.push(press);
    });
    window.addEventListener("keyup", (event) => this.down.delete(event.code || event.key));
    // Keys that are released while another window has the focus send no event here.
    window.addEventListener("blur", () => this.down.clear());
  }

  /** Make an element answer a question when it is clicked, touched, or activated from the keyboard. */
  answers(element: HTMLElement, target: Target): void {
    element.dataset["value"] = target.value;
    const press = (event: UIEvent) =>
      this.waiting.push({ code: "", key: "", target, time_ms: event.timeStamp });
    element.addEventListener("pointerdown", (event) => {
      if (event.button === 0) press(event);
    });
    element.addEventListener("click", (event) => {
      if (event.detail === 0) press(event); // no pointer was involved
    });
  }

  /** Return the presses since the last call, each once, in order. */
  take(): Press[] {
    return this.waiting.splice(0);
  }

  /** Return the keys that are down. */
  held(): { code: string; key: string }[] {
    return [...this.down.values()];
  }
}
