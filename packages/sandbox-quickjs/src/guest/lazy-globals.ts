import urlSource from 'kb:url';
import webSource from 'kb:web';

// Most handlers stream nothing, fetch nothing and take no URL apart, so these are scripts of their own, run when one of their names is first used.
const SCRIPTS: readonly LazyScript[] = [
  {
    source: webSource,
    names: ['Headers', 'ReadableStream', 'Request', 'Response', 'TransformStream', 'WritableStream'],
  },
  { source: urlSource, names: ['URL', 'URLSearchParams'] },
];

interface LazyScript {
  readonly source: string;
  readonly names: readonly string[];
}

/** Streams, the messages of `fetch`, and URLs: they are there from the start, and made when the first of them is used. */
export function defineLazily(define: (globals: Readonly<Record<string, unknown>>) => void): void {
  // The one way in which QuickJS runs a script from inside; taken before a plugin's code can replace it.
  // oxlint-disable-next-line no-eval
  const run = globalThis.eval;
  for (const { source, names } of SCRIPTS) {
    const make = (): Readonly<Record<string, unknown>> => {
      // The script may look whether the name is there.
      for (const name of names) Reflect.deleteProperty(globalThis, name);
      run(source);
      const made: Readonly<Record<string, unknown>> = Reflect.get(globalThis, 'kbMade');
      Reflect.deleteProperty(globalThis, 'kbMade');
      define(made);
      return made;
    };
    for (const name of names) {
      Object.defineProperty(globalThis, name, {
        get: () => make()[name],
        set(value: unknown) {
          define({ [name]: value });
        },
        configurable: true,
        enumerable: false,
      });
    }
  }
}
