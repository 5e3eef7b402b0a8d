/** One thing that is wrong with a document or a value. Lists of them stand in `details.issues`. */
export interface Issue {
  /** Where: a JSON pointer (RFC 6901); `''` is the whole. */
  readonly pointer: string;
  readonly message: string;
}

/** How many issues an error keeps: the first ones. */
export const MAX_ISSUES = 10;
