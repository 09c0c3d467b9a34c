/** Practice that is repeated until enough answers are right: the rule of `experiment/session/practice.py`. */

export class Practice {
  private readonly rounds: boolean[][];

  /**
   * @param counts Whether each practice trial has a right answer, so that it counts.
   * @param criterion Share of right answers that ends the practice; null: one round.
   * @param repetitions Maximum number of rounds after the first.
   * @param before The rounds of earlier page loads; one that was interrupted stays, and another one starts.
   */
  constructor(
    private readonly counts: boolean[],
    private readonly criterion: number | null,
    private readonly repetitions: number,
    before: boolean[][],
  ) {
    this.rounds = before.map((round) => [...round]);
  }

  /** Number of the round that is being done: 0 for the first. */
  get round(): number {
    return Math.max(0, this.rounds.length - 1);
  }

  add(right: boolean): void {
    if (this.rounds.length === 0) this.rounds.push([]);
    (this.rounds.at(-1) as boolean[]).push(right);
  }

  /** Return whether the practice is repeated once more; if so, start a new round. */
  again(): boolean {
    const complete = this.rounds.filter((round) => round.length === this.counts.length);
    const last = complete.at(-1);
    if (this.criterion === null || this.counts.length === 0 || !last) return false;
    if (this.share(last) >= this.criterion || complete.length > this.repetitions) return false;
    if (this.rounds.at(-1)?.length) this.rounds.push([]);
    return true;
  }

  /** Return the share of right answers; a trial without a right answer does not count. */
  private share(round: boolean[]): number {
    const counted = round.filter((_, place) => this.counts[place]);
    return counted.length ? counted.filter(Boolean).length / counted.length : 1;
  }
}
