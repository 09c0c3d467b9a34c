import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Paused,
  Person,
  Stopped,
  type Frames,
} from "../../../experiment/browser/src/answer";
import type { Ask, Key } from "../../../experiment/browser/src/plan";
import type {
  Press,
  Presses,
  Target,
} from "../../../experiment/browser/src/presses";

const FRAME_MS = 10;

function key(name: string, code: string | null = null): Key {
  return { key: name, code, cap: name };
}

const ASK: Ask = {
  name: "response",
  text: "?",
  kind: "choice",
  by_place: true,
  from_s: 0,
  deadline_s: null,
  options: [
    { value: "left", label: "", keys: [key("ArrowLeft", "ArrowLeft")] },
    {
      value: "right",
      label: "",
      keys: [key("ArrowRight", "ArrowRight"), key("r")],
    },
  ],
};
const KEYS = { quit: key("Escape", "Escape"), pause: key("p") };

/** A screen and a keyboard on a clock that stands still between frames. */
class Desk implements Frames {
  onset = 0;
  last = 0;
  asked: number[] = [];
  down: { code: string; key: string }[] = [];
  readonly person: Person;

  constructor(private presses: Press[]) {
    const source = { take: () => this.take(), held: () => this.down };
    this.person = new Person(source as unknown as Presses, KEYS);
  }

  async frame() {
    this.last += FRAME_MS;
  }

  askToStop(until: number) {
    this.asked.push(until);
  }

  private take(): Press[] {
    const arrived = this.presses.filter((press) => press.time_ms <= this.last);
    this.presses = this.presses.filter((press) => press.time_ms > this.last);
    return arrived;
  }
}

function pressed(name: string, time_ms: number, code = name): Press {
  return { key: name, code, target: null, time_ms };
}

function clicked(value: string, time_ms: number): Press {
  const target: Target = { ask: "response", value };
  return { key: "", code: "", target, time_ms };
}

test("the first press after the onset answers, with its own time, not that of the frame", async () => {
  const desk = new Desk([pressed("x", 3), pressed("ArrowRight", 123)]);
  const answer = await desk.person.choose(ASK, desk, true);
  assert.deepEqual(answer, {
    value: "right",
    time_s: 0.123,
    early_keys: 0,
    key_held: false,
    keys_together: 0,
  });
});

test("a key is known by its place or by what it types, in capitals too", async () => {
  for (const press of [
    pressed("ArrowLeft", 5),
    pressed("R", 5, "KeyP"),
    pressed("r", 5, ""),
  ]) {
    const desk = new Desk([press]);
    assert.equal(
      (await desk.person.choose(ASK, desk, true)).value,
      press.key === "ArrowLeft" ? "left" : "right",
    );
  }
});

test("a click on an image answers as its key does", async () => {
  const desk = new Desk([clicked("left", 40)]);
  assert.equal((await desk.person.choose(ASK, desk, true)).value, "left");
});

test("presses up to the onset, and before answers count, are early, not answers", async () => {
  const desk = new Desk([
    pressed("ArrowLeft", -20),
    pressed("ArrowLeft", 0),
    pressed("ArrowRight", 150),
    pressed("ArrowLeft", 250),
  ]);
  const answer = await desk.person.choose({ ...ASK, from_s: 0.2 }, desk, true);
  assert.deepEqual(
    [answer.value, answer.time_s, answer.early_keys],
    ["left", 0.25, 3],
  );
});

test("after the deadline there is no answer, and a late press is early for the next trial", async () => {
  const desk = new Desk([pressed("ArrowLeft", 305)]);
  const ask = { ...ASK, deadline_s: 0.3 };
  const first = await desk.person.choose(ask, desk, true);
  assert.deepEqual(
    [first.value, first.time_s, first.early_keys],
    [null, null, 0],
  );
  desk.onset = desk.last + 500;
  desk.last = desk.onset;
  const second = await desk.person.choose(ask, desk, true);
  assert.equal(second.early_keys, 1);
});

test("a press before the deadline that is read after it still counts", async () => {
  const desk = new Desk([pressed("ArrowLeft", 299)]);
  desk.last = 500;
  assert.equal(
    (await desk.person.choose({ ...ASK, deadline_s: 0.3 }, desk, true)).value,
    "left",
  );
});

test("keys pressed together with the answer are counted once, within 50 ms", async () => {
  const desk = new Desk([
    pressed("ArrowLeft", 100),
    pressed("ArrowRight", 149),
    pressed("ArrowRight", 151),
  ]);
  const first = await desk.person.choose(ASK, desk, true);
  assert.deepEqual([first.value, first.keys_together], ["left", 1]);
  desk.onset = desk.last = 1000;
  desk.frame = async () => {
    desk.last += FRAME_MS;
  };
  const second = await desk.person.choose(
    { ...ASK, deadline_s: 0.1 },
    desk,
    true,
  );
  assert.equal(second.early_keys, 1);
});

test("an answer key that is down at the onset is reported, one pressed since then is not", async () => {
  const held = new Desk([pressed("ArrowLeft", 90)]);
  held.down = [{ code: "ArrowRight", key: "ArrowRight" }];
  assert.equal((await held.person.choose(ASK, held, true)).key_held, true);
  const since = new Desk([pressed("ArrowRight", 5)]);
  since.last = 10;
  since.down = [{ code: "ArrowRight", key: "ArrowRight" }];
  assert.equal((await since.person.choose(ASK, since, true)).key_held, false);
});

test("the quit key stops when it is pressed twice within three seconds", async () => {
  const twice = new Desk([pressed("Escape", 100), pressed("Escape", 3000)]);
  await assert.rejects(twice.person.choose(ASK, twice, true), Stopped);
  assert.deepEqual(twice.asked, [3100]);
  const slow = new Desk([
    pressed("Escape", 100),
    pressed("Escape", 3200),
    pressed("ArrowLeft", 3300),
  ]);
  assert.equal((await slow.person.choose(ASK, slow, true)).value, "left");
});

test("the pause key interrupts trials only", async () => {
  const trial = new Desk([pressed("p", 10, "KeyP")]);
  await assert.rejects(trial.person.choose(ASK, trial, true), Paused);
  const question = new Desk([
    pressed("p", 10, "KeyP"),
    pressed("ArrowLeft", 20),
  ]);
  assert.equal(
    (await question.person.choose(ASK, question, false)).value,
    "left",
  );
});
