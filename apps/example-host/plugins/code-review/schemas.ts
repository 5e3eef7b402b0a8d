/** What the handler gets: `name` tells this review from others, `latest` where nothing is said. */
export interface ReviewInput {
  readonly name: string;
}

interface Issue {
  readonly message: string;
  readonly path: readonly string[];
}

/** As much of a Standard Schema as a runtime needs. */
interface InputSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: ReviewInput } | { readonly issues: readonly Issue[] };
  };
}

const NAME = /^[a-z][a-z0-9-]{0,39}$/u;

/** By hand: a plugin can load its own folder alone. An unknown member is refused, as a misspelt one would be ignored otherwise. */
export const input: InputSchema = {
  '~standard': {
    version: 1,
    vendor: 'example-host',
    validate(value) {
      if (typeof value !== 'object' || value === null) return refuse('write an object such as { "name": "latest" }');
      const unknown = Object.keys(value).find((key) => key !== 'name');
      if (unknown !== undefined) return refuse('is not known; there is only "name"', unknown);
      const name: unknown = Reflect.get(value, 'name') ?? 'latest';
      if (typeof name === 'string' && NAME.test(name)) return { value: { name } };
      return refuse('write up to 40 lower-case letters, digits and dashes', 'name');
    },
  },
};

function refuse(message: string, ...path: readonly string[]): { readonly issues: readonly Issue[] } {
  return { issues: [{ message, path }] };
}
