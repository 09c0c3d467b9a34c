/** Whether the participant looked at something else: the page lost the focus, or left full screen. */

export interface Focus {
  lost: number;
  lost_s: number;
  left_full_screen: number;
}

export class FocusWatch {
  private counted: Focus = { lost: 0, lost_s: 0, left_full_screen: 0 };
  private away_since_ms: number | null = null;
  private wasFull = false;

  /** Start to watch. */
  watch(): void {
    this.wasFull = document.fullscreenElement !== null;
    for (const name of ["blur", "focus"]) window.addEventListener(name, () => this.look());
    document.addEventListener("visibilitychange", () => this.look());
    document.addEventListener("fullscreenchange", () => {
      const full = document.fullscreenElement !== null;
      if (this.wasFull && !full) this.counted.left_full_screen += 1;
      this.wasFull = full;
    });
  }

  /** Count from here on: what happens on pages belongs to no trial. */
  reset(): void {
    this.counted = { lost: 0, lost_s: 0, left_full_screen: 0 };
    if (this.away_since_ms !== null) this.away_since_ms = performance.now();
  }

  /** Return what happened since `reset`. */
  counts(): Focus {
    const away = this.away_since_ms;
    const still = away === null ? 0 : (performance.now() - away) / 1000;
    return { ...this.counted, lost_s: this.counted.lost_s + still };
  }

  private look(): void {
    const away = document.visibilityState === "hidden" || !document.hasFocus();
    if (away && this.away_since_ms === null) {
      this.away_since_ms = performance.now();
      this.counted.lost += 1;
    } else if (!away && this.away_since_ms !== null) {
      this.counted.lost_s += (performance.now() - this.away_since_ms) / 1000;
      this.away_since_ms = null;
    }
  }
}
