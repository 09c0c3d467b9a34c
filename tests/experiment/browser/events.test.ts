import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EventQueue,
  Gone,
  Rejected,
  type Event,
  type Reply,
  type Store,
} from "../../../experiment/browser/src/events";

/** A browser's storage in memory. */
function storage(): Store & { content: Map<string, string> } {
  const content = new Map<string, string>();
  return {
    content,
    get length() {
      return content.size;
    },
    key: (place) => [...content.keys()][place] ?? null,
    getItem: (name) => content.get(name) ?? null,
    setItem: (name, value) => void content.set(name, value),
    removeItem: (name) => void content.delete(name),
  };
}

/** A server that keeps each number once, in order; `faults` are taken by one request each. */
class Server {
  kept: Event[] = [];
  requests: number[][] = [];
  faults: ("before" | "after")[] = [];
  last: Reply | null = null;

  send = async (events: Event[]): Promise<Reply> => {
    this.requests.push(events.map((event) => event.seq));
    const fault = this.faults.shift();
    if (fault === "before") return { kind: "unreachable" };
    if (events[0]!.seq > this.kept.length)
      return { kind: "gap", expected: this.kept.length };
    for (const event of events)
      if (event.seq === this.kept.length) this.kept.push(event);
    if (fault === "after") return { kind: "unreachable" };
    return (
      this.last ?? {
        kind: "acknowledged",
        seq: this.kept.length - 1,
        closed: null,
      }
    );
  };
}

const noWait = async () => {};
const never = () => new Promise<void>(() => {});

function queueFor(
  server: Server,
  store: Store,
  nextSeq = 0,
  sleep: (s: number) => Promise<void> = noWait,
) {
  return new EventQueue(store, "p:", server.send, nextSeq, sleep);
}

test("events arrive once and in order, whether the network fails before or after the server has them", async () => {
  const [server, store] = [new Server(), storage()];
  server.faults = ["before", "after", "before", "before", "after", "after"];
  const queue = queueFor(server, store);
  for (let trial = 0; trial < 10; trial += 1) queue.add("response", { trial });
  await queue.settled();
  assert.deepEqual(
    server.kept.map((event) => [event.seq, event["trial"]]),
    Array.from({ length: 10 }, (_, trial) => [trial, trial]),
  );
  assert.equal(store.content.size, 0);
});

test("an event is in storage before it is sent", async () => {
  const store = storage();
  let stored = -1;
  const send = async (events: Event[]): Promise<Reply> => {
    stored = store.content.size;
    return { kind: "acknowledged", seq: events.at(-1)!.seq, closed: null };
  };
  const queue = new EventQueue(store, "p:", send, 0, noWait);
  queue.add("run");
  await queue.settled();
  assert.equal(stored, 1);
});

test("a page that is opened again sends what the last one could not, and drops what the server has", async () => {
  const [server, store] = [new Server(), storage()];
  const first = queueFor(server, store, 0, never);
  first.add("run");
  await first.settled();
  server.faults = ["after", "before"];
  first.add("response", { trial: 0 });
  first.add("response", { trial: 1 });
  await first.settled(5);
  const second = queueFor(server, store, server.kept.length);
  assert.deepEqual(
    second.pending.map((event) => event.seq),
    [2],
  );
  second.add("run");
  await second.settled();
  assert.deepEqual(
    server.kept.map((event) => event.type),
    ["run", "response", "response", "run"],
  );
});

test("events of another link in the same browser are left alone", async () => {
  const [server, store] = [new Server(), storage()];
  store.setItem("other:0", JSON.stringify({ seq: 0, type: "run" }));
  store.setItem("p:size", "{}");
  const queue = queueFor(server, store);
  queue.add("run");
  await queue.settled();
  assert.deepEqual([...store.content.keys()], ["other:0", "p:size"]);
});

test("without a connection the session goes on for so many responses, and no further", async () => {
  const [server, store] = [new Server(), storage()];
  server.faults = Array.from({ length: 99 }, () => "before" as const);
  const queue = queueFor(server, store, 0, never);
  for (let trial = 0; trial < 3; trial += 1) {
    queue.add("response", { trial });
    await queue.settled(3);
  }
  queue.add("response", { trial: 3 });
  let settled = false;
  const waiting = queue.settled(3).then(() => (settled = true));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(settled, false);
  server.faults = [];
  queue.retryNow();
  await waiting;
  assert.equal(server.kept.length, 4);
});

test("nothing but responses is left unsent: the end waits for the connection", async () => {
  const [server, store] = [new Server(), storage()];
  server.faults = ["before"];
  const queue = queueFor(server, store, 0, never);
  queue.add("finished");
  let settled = false;
  void queue.settled(0).then(() => (settled = true));
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(settled, false);
});

test("a gap that this browser can not fill ends the waiting: the page is loaded again", async () => {
  const [server, store] = [new Server(), storage()];
  const queue = queueFor(server, store, 0, never);
  queue.add("run");
  await queue.settled();
  server.kept = [];
  queue.add("response");
  await assert.rejects(queue.settled(), Rejected);
});

test("a closed link and a refused event end the waiting, and stay in storage", async () => {
  for (const [last, kind] of [
    [{ kind: "gone" }, Gone],
    [{ kind: "rejected", error: "no", elsewhere: false }, Rejected],
  ] as [Reply, typeof Gone | typeof Rejected][]) {
    const [server, store] = [new Server(), storage()];
    server.last = last;
    const queue = queueFor(server, store);
    queue.add("response");
    await assert.rejects(queue.settled(), kind);
    assert.equal(store.content.size, 1);
  }
});

test("requests stay within the server's limits", async () => {
  const [server, store] = [new Server(), storage()];
  server.faults = ["before"];
  const queue = queueFor(server, store);
  for (let trial = 0; trial < 200; trial += 1)
    queue.add("response", { text: "x".repeat(1000) });
  await queue.settled();
  assert.equal(server.kept.length, 200);
  assert.ok(Math.max(...server.requests.map((each) => each.length)) <= 64);
  assert.ok(
    Math.max(...server.requests.map((each) => each.length)) * 1000 < 65_536,
  );
});
