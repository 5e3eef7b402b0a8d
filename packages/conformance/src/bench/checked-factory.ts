/** A factory whose work is looked at before the kit uses it. */
export interface CheckedFactory<Input, Made> {
  /** Rejects where the factory made something else than it owes. */
  readonly create: (input: Input) => Promise<Made>;
  /** Whether it did so once: the other tests need not fail for the same reason. */
  readonly isRefused: () => boolean;
}

/** Why a test is skipped after that. */
export const REFUSED_FACTORY = 'the factory makes something else than it owes: see the first test';

/** Looks at all that a factory makes by `check`, which throws. */
export function checkedFactory<Input, Made>(
  create: (input: Input) => Made | Promise<Made>,
  check: (made: unknown) => void,
): CheckedFactory<Input, Made> {
  let refused = false;
  return {
    isRefused: () => refused,
    async create(input) {
      const made = await create(input);
      try {
        check(made);
      } catch (error) {
        refused = true;
        throw error;
      }
      return made;
    },
  };
}
