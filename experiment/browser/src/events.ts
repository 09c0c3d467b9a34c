/**
 * What the client reports, and the queue that loses none of it.
 *
 * An event is in the browser's storage before it is sent, and stays there until the server says that it is on
 * disk. Events are sent in order and again until then; the server counts each number once.
 */

import type { Closed } from "./plan";

export interface Event {
  seq: number;
  type: string;
  [field: string]: unknown;
}

/** What a back end answers to events. */
export type Reply =
  | { kind: "acknowledged"; seq: number; closed: Closed | null }
  /** Events before these are missing there. */
  | { kind: "gap"; expected: number }
  /** They are not possible at this point of the plan; or another window has sent others with these numbers. */
  | { kind: "rejected"; error: string; elsewhere: boolean }
  /** The link was closed. */
  | { kind: "gone" }
  /** No connection, or the server is busy: try again. */
  | { kind: "unreachable" };

export type Send = (events: Event[]) => Promise<Reply>;

/** The part of `localStorage` that the queue needs. */
export type Store = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

export class Gone extends Error {}
export class Rejected extends Error {
  constructor(
    message: string,
    readonly elsewhere: boolean,
  ) {
    super(message);
  }
}

const MAX_EVENTS = 64;
const MAX_CHARACTERS = 48_000;
const BACK_OFF_S = [0.5, 1, 2, 4, 8, 15];

export class EventQueue {
  /** How the session ended, once the server has said so. */
  closed: Closed | null = null;
  /** Whether the last attempt to send found no server. */
  offline = false;
  /** Called whenever `offline` or the number of unsent events changes. */
  onChange: () => void = () => {};

  private unsent: Event[];
  private failure: Error | null = null;
  private sending = false;
  private wake: () => void = () => {};
  private waiting: (() => void)[] = [];

  /**
   * @param nextSeq Number of the first event that the server does not have; stored ones before it are dropped.
   * @param sleep Waits for a number of seconds, or until `wake` is called.
   */
  constructor(
    private readonly store: Store,
    private readonly prefix: string,
    private readonly send: Send,
    private nextSeq: number,
    private readonly sleep: (seconds: number) => Promise<void> = (seconds) =>
      new Promise((resolve) => setTimeout(resolve, 1000 * seconds)),
  ) {
    this.unsent = this.stored();
    this.acknowledge(nextSeq - 1);
    const last = this.unsent.at(-1);
    if (last) this.nextSeq = last.seq + 1;
  }

  /** Events that are not acknowledged yet, in order. */
  get pending(): readonly Event[] {
    return this.unsent;
  }

  /** Store an event, and start sending it. */
  add(type: string, fields: Record<string, unknown> = {}): Event {
    const event: Event = { seq: this.nextSeq, type, ...fields };
    this.store.setItem(this.prefix + event.seq, JSON.stringify(event));
    this.nextSeq += 1;
    this.unsent.push(event);
    this.wake();
    void this.flush();
    return event;
  }

  /**
   * Return when all events are acknowledged; or, without a connection, when at most `mayBeUnsent` responses are
   * not.
   *
   * @throws Gone The link was closed.
   * @throws Rejected The server does not accept an event.
   */
  async settled(mayBeUnsent = 0): Promise<void> {
    void this.flush();
    while (!this.mayContinue(mayBeUnsent)) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.failure) throw this.failure;
  }

  /** Try to send at once: the browser says that there is a connection again. */
  retryNow(): void {
    this.wake();
  }

  /** Remove events that will never be accepted, so that the session can go on from the server's state. */
  discard(): void {
    for (const event of this.unsent) this.store.removeItem(this.prefix + event.seq);
    this.unsent = [];
  }

  private mayContinue(mayBeUnsent: number): boolean {
    if (this.failure || this.unsent.length === 0) return true;
    const responses = this.unsent.filter((event) => event.type === "response").length;
    return this.offline && mayBeUnsent > 0 && responses <= mayBeUnsent;
  }

  private async flush(): Promise<void> {
    if (this.sending) return;
    this.sending = true;
    let failures = 0;
    while (this.unsent.length > 0 && !this.failure) {
      const reply = await this.send(this.batch());
      if (reply.kind === "unreachable") {
        this.offline = true;
        this.changed();
        const pause = BACK_OFF_S[Math.min(failures, BACK_OFF_S.length - 1)] as number;
        failures += 1;
        await Promise.race([this.sleep(pause), new Promise<void>((resolve) => (this.wake = resolve))]);
        continue;
      }
      failures = 0;
      this.offline = false;
      this.take(reply);
      this.changed();
    }
    this.sending = false;
    this.changed();
  }

  private take(reply: Exclude<Reply, { kind: "unreachable" }>): void {
    if (reply.kind === "acknowledged") {
      this.closed = reply.closed ?? this.closed;
      this.acknowledge(reply.seq);
    } else if (reply.kind === "gap" && reply.expected > (this.unsent[0]?.seq ?? 0)) {
      this.acknowledge(reply.expected - 1);
    } else if (reply.kind === "gone") {
      this.failure = new Gone("the link is closed");
    } else {
      const { error, elsewhere } =
        reply.kind === "rejected" ? reply : { error: "earlier events are missing", elsewhere: false };
      this.failure = new Rejected(error, elsewhere);
    }
  }

  private acknowledge(seq: number): void {
    while (this.unsent[0] && this.unsent[0].seq <= seq) {
      this.store.removeItem(this.prefix + this.unsent[0].seq);
      this.unsent.shift();
    }
  }

  /** Return the first unsent events, as many as one request may have. */
  private batch(): Event[] {
    const batch: Event[] = [];
    let characters = 0;
    for (const event of this.unsent.slice(0, MAX_EVENTS)) {
      characters += JSON.stringify(event).length;
      if (batch.length > 0 && characters > MAX_CHARACTERS) break;
      batch.push(event);
    }
    return batch;
  }

  private stored(): Event[] {
    const found: Event[] = [];
    for (let place = 0; place < this.store.length; place += 1) {
      const name = this.store.key(place);
      if (name?.startsWith(this.prefix) && /^\d+$/.test(name.slice(this.prefix.length))) {
        found.push(JSON.parse(this.store.getItem(name) as string) as Event);
      }
    }
    return found.sort((one, other) => one.seq - other.seq);
  }

  private changed(): void {
    this.onChange();
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
