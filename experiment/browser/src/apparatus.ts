/** What a session is shown on: recorded once for each page load (`BrowserApparatus` in `online/events.py`). */

import type { Store } from "./events";
import { angleOf } from "./geometry";
import { family, type Features } from "./requirements";
import type { Session } from "./session";

const LONGEST_NAME = 60;

export function apparatus(
  session: Session,
  features: Features,
  earlierSessions: number,
): Record<string, unknown> {
  const layout = session.layout();
  const height = layout.heightPx / window.devicePixelRatio;
  const { method, px_per_mm, distance_mm } = session.size;
  return {
    browser: printable(family(features.browser)),
    browser_version: printable(features.browser_version),
    platform: printable(features.os),
    screen_px: [window.screen.width, window.screen.height].map(Math.round),
    window_px: [window.innerWidth, window.innerHeight],
    pixel_ratio: window.devicePixelRatio,
    refresh_hz: session.refresh.hz,
    size_from: method === "unknown" ? "none" : method,
    pixels_per_cm: px_per_mm === null ? null : 10 * px_per_mm,
    viewing_distance_cm: distance_mm === null ? null : distance_mm / 10,
    image_height_px: height,
    image_height_deg: angleOf(height, session.size),
    image_scaling: layout.factor === null ? "interpolated" : `integer, times ${layout.factor}`,
    touch: navigator.maxTouchPoints > 0,
    keyboard: !session.touch,
    full_screen: document.fullscreenElement !== null,
    earlier_sessions: earlierSessions,
    clock_resolution_s: clockResolution(),
  };
}

/** Remember that this browser has begun a session of the study; return how many others it has begun. */
export function countSessions(store: Store, study: string, session: string): number {
  const name = `tricky:sessions:${study}`;
  const known = JSON.parse(store.getItem(name) ?? "[]") as string[];
  const others = known.filter((each) => each !== session);
  store.setItem(name, JSON.stringify([...others, session]));
  return others.length;
}

/** Measure the smallest step of the clock: browsers make it coarser against fingerprinting. */
function clockResolution(): number {
  const steps: number[] = [];
  while (steps.length < 5) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    steps.push(now - start);
  }
  return Math.min(...steps) / 1000;
}

function printable(text: string | null): string {
  return (text ?? "unknown").replace(/[^\x20-\x7e]/g, "").slice(0, LONGEST_NAME) || "unknown";
}
