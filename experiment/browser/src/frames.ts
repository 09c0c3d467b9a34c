/** The frames of the screen: waiting for them, their regularity, and the timing of a trial (`screen/timing.py`). */

/** A frame that takes longer than this number of refresh periods has missed at least one. */
const LATE_AFTER_PERIODS = 1.5;
const UNLOCKED_PERIOD_S = 1 / 60;

export interface Refresh {
  period_s: number;
  /** Whether frames follow the screen's refresh regularly. */
  locked: boolean;
  /** Refresh rate; null if frames are irregular. */
  hz: number | null;
}

export interface Timing {
  dropped_frames: number;
  late_flips: number;
  worst_frame_s: number | null;
  ok: boolean;
  image_frames: number | null;
  image_duration_s: number | null;
}

/** Resolve at the next frame with its time, in ms on the clock of `performance.now()` and of input events. */
export function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Measure the refresh rate on a page that nothing moves on. */
export async function measureRefresh(frames = 60): Promise<Refresh> {
  const intervals: number[] = [];
  let last = await nextFrame();
  for (let frame = 0; frame < frames; frame += 1) {
    const now = await nextFrame();
    intervals.push((now - last) / 1000);
    last = now;
  }
  return refreshOf(intervals);
}

/** Determine the refresh from times between frames: a real screen has 20 to 500 Hz, constant to within 10%. */
export function refreshOf(intervalsS: number[]): Refresh {
  const [first, median, third] = [0.25, 0.5, 0.75].map((share) => quantile(intervalsS, share)) as [
    number,
    number,
    number,
  ];
  const locked = median > 1 / 500 && median < 1 / 20 && third - first < 0.1 * median;
  return locked
    ? { period_s: median, locked, hz: Math.round(100 / median) / 100 }
    : { period_s: UNLOCKED_PERIOD_S, locked, hz: null };
}

/** Summarise the times between the frames of a trial, from the onset of its images on. */
export function timingOf(framesS: number[], refresh: Refresh, imageDurationS: number | null): Timing {
  const missed = framesS
    .map((frame) => frame / refresh.period_s)
    .filter((periods) => periods > LATE_AFTER_PERIODS)
    .map((periods) => Math.round(periods) - 1);
  return {
    dropped_frames: missed.reduce((sum, each) => sum + each, 0),
    late_flips: missed.length,
    worst_frame_s: Math.max(0, ...framesS),
    ok: refresh.locked && missed.length === 0,
    image_frames: imageDurationS === null ? null : Math.round(imageDurationS / refresh.period_s),
    image_duration_s: imageDurationS,
  };
}

/** Return a quantile, interpolated linearly as numpy does. */
function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}
