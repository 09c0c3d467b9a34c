/** Where plan and images come from, and where events go. */

import type { Event, Reply } from "./events";
import type { Plan } from "./plan";

/** The link was closed: its plan is not given any more. */
export class LinkClosed extends Error {
  constructor(
    readonly title: string,
    readonly body: string,
  ) {
    super(title);
  }
}

export interface Backend {
  /** Before the names of events in the browser's storage: different for every link. */
  readonly storagePrefix: string;
  /**
   * Return the plan with the session's present state.
   *
   * @throws LinkClosed The link was closed; other errors: try again.
   */
  plan(): Promise<Plan>;
  imageAddress(image: number): string;
  readonly maskAddress: string;
  send(events: Event[]): Promise<Reply>;
}
