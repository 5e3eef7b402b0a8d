/** Whether a run did what it should, in words for the table. */
export interface Verdict {
  readonly met: boolean;
  readonly text: string;
  /** What else there is to see, a line each. */
  readonly findings: readonly string[];
}
