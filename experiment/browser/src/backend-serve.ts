/** The back end of `tricky online serve`. */

import { LinkClosed, type Backend } from "./backend";
import type { Event, Reply } from "./events";
import type { Closed, Plan } from "./plan";

const TIMEOUT_MS = 10_000;

export class ServeBackend implements Backend {
  private readonly root: string;

  constructor(address: string) {
    this.root = address.replace(/\/+$/, "");
  }

  get storagePrefix(): string {
    return `tricky:${this.root}:`;
  }

  async plan(): Promise<Plan> {
    const answer = await this.ask("plan", { cache: "no-store" });
    if (answer.status === 410 || answer.status === 404) {
      const { title, body } = (await answer.json()) as { title?: string; body?: string };
      throw new LinkClosed(title ?? "This link is closed", body ?? "");
    }
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    return (await answer.json()) as Plan;
  }

  imageAddress(image: number): string {
    return `${this.root}/images/${image}`;
  }

  get maskAddress(): string {
    return `${this.root}/mask`;
  }

  async send(events: Event[]): Promise<Reply> {
    let answer: Response;
    let content: Record<string, unknown>;
    try {
      // `keepalive`: the request is finished even if the tab is closed meanwhile.
      answer = await this.ask("events", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ events }),
        keepalive: true,
      });
      content = (await answer.json()) as Record<string, unknown>;
    } catch {
      return { kind: "unreachable" };
    }
    switch (answer.status) {
      case 200:
        return {
          kind: "acknowledged",
          seq: content["acknowledged"] as number,
          closed: (content["closed"] as Closed | null | undefined) ?? null,
        };
      case 409:
        return content["conflict"] === true
          ? { kind: "rejected", error: "sent from another window", elsewhere: true }
          : { kind: "gap", expected: content["expected"] as number };
      case 410:
        return { kind: "gone" };
      case 400:
      case 413:
      case 422:
        return { kind: "rejected", error: String(content["error"] ?? answer.status), elsewhere: false };
      default:
        return { kind: "unreachable" };
    }
  }

  private ask(name: string, options: RequestInit): Promise<Response> {
    return fetch(`${this.root}/${name}`, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  }
}
