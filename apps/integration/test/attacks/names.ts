import type { RuntimeOptions } from '@kb-labs/plugin-runtime';

/** What names mean to one arena: a resolver that knows no others, and keeps what it was asked. */
export interface Names {
  readonly hostApi: RuntimeOptions['hostApi'] & object;
  readonly asked: string[];
  /** From now on this name has these addresses; a list of lists is one list for each question, the last one for all that follow. */
  readonly set: (name: string, ...answers: readonly (readonly string[])[]) => void;
}

/** Made anew for each place, so that no answer of one is left for another. */
export function createNames(more: RuntimeOptions['hostApi'] = {}): Names {
  const known = new Map<string, (readonly string[])[]>();
  const asked: string[] = [];
  return {
    asked,
    set: (name, ...answers) => void known.set(name, [...answers]),
    hostApi: {
      ...more,
      resolve: (name) => {
        asked.push(name);
        const answers = known.get(name);
        const addresses = answers !== undefined && answers.length > 1 ? answers.shift() : answers?.[0];
        if (addresses === undefined) return Promise.reject(Object.assign(new Error(name), { code: 'ENOTFOUND' }));
        return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
      },
    },
  };
}
