/** Apply rules of the client to cases on standard input, so that a test can compare them with Python's. */

import { readFileSync } from "node:fs";
import {
  refreshOf,
  timingOf,
  type Refresh,
} from "../../../experiment/browser/src/frames";
import {
  layOut,
  pixelsOf,
  type LayoutRequest,
  type ScreenSize,
} from "../../../experiment/browser/src/geometry";
import { Practice } from "../../../experiment/browser/src/practice";

interface PracticeCase {
  counts: boolean[];
  criterion: number | null;
  repetitions: number;
  before: boolean[][];
  /** The answers of the rounds that may follow. */
  rounds: boolean[][];
}

const cases = JSON.parse(readFileSync(0, "utf8")) as {
  layouts: LayoutRequest[];
  angles: [number, ScreenSize][];
  practices: PracticeCase[];
  intervals: number[][];
  frames: [number[], Refresh][];
};

/** Return the numbers of the rounds that are done. */
function roundsDone({
  counts,
  criterion,
  repetitions,
  before,
  rounds,
}: PracticeCase): number[] {
  const practice = new Practice(counts, criterion, repetitions, before);
  const done: number[] = [];
  for (const round of rounds) {
    if (!practice.again()) break;
    done.push(practice.round);
    for (const right of round) practice.add(right);
  }
  return done;
}

console.log(
  JSON.stringify({
    layouts: cases.layouts.map(layOut),
    angles: cases.angles.map(([angle, size]) => pixelsOf(angle, size)),
    practices: cases.practices.map(roundsDone),
    refreshes: cases.intervals.map(refreshOf),
    timings: cases.frames.map(([frames, refresh]) =>
      timingOf(frames, refresh, null),
    ),
  }),
);
