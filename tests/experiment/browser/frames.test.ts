import assert from "node:assert/strict";
import { test } from "node:test";
import { refreshOf, timingOf } from "../../../experiment/browser/src/frames";

const REFRESH = { period_s: 1 / 60, locked: true, hz: 60 };

test("a regular screen has its rate, an irregular one has none", () => {
  const regular = refreshOf(
    Array.from(
      { length: 60 },
      (_, frame) => 1 / 75 + (frame % 2 ? 1e-4 : -1e-4),
    ),
  );
  assert.equal(regular.locked, true);
  assert.ok(Math.abs((regular.hz as number) - 75) < 1);
  const irregular = refreshOf(
    Array.from({ length: 60 }, (_, frame) => (frame % 2 ? 0.008 : 0.02)),
  );
  assert.deepEqual(irregular, { period_s: 1 / 60, locked: false, hz: null });
});

test("frames that take longer than one and a half periods are late, and drop what they miss", () => {
  const timing = timingOf([1 / 60, 2 / 60, 1.4 / 60, 4 / 60], REFRESH, null);
  assert.deepEqual(
    [timing.late_flips, timing.dropped_frames, timing.ok],
    [2, 4, false],
  );
  assert.equal(timing.worst_frame_s, 4 / 60);
  assert.equal(timingOf([1 / 60, 1 / 60], REFRESH, null).ok, true);
});

test("a duration of the images is given in frames, too", () => {
  const timing = timingOf([], REFRESH, 0.0501);
  assert.deepEqual([timing.image_frames, timing.image_duration_s], [3, 0.0501]);
});
