import type { GuestError } from '@kb-labs/contracts';
import { afterEach, describe, expect, it } from 'vitest';
import { hostSidePlaces, places } from '../scene.js';
import { dataOf, failureOf, openArena } from './arena.js';

const data = { capabilities: ['fs.read'], permissions: { fs: { mode: 'read', allow: ['data'] } } } as const;
const CAP = 1_048_576;
/** A realm of its own: what is done to `Error` there stays there. */
const apart = places.filter(({ name }) => name !== 'in-process');

/** Errors that nobody could tell in full. */
const CUT = [
  'a cycle of causes',
  'itself as its part',
  'ten thousand causes',
  'a million parts',
  'parts of parts of parts',
  'a message of 100 MB',
  'a stack of 100 MB',
  'a name of 10 MB',
  'parts that lie about their number',
];

/** How deep causes go, how many parts there are at the most, and whether anything says that it was cut. */
function shapeOf(error: GuestError | undefined): { depth: number; parts: number; truncated: boolean } {
  if (error === undefined) return { depth: 0, parts: 0, truncated: false };
  const below = [error.cause, ...error.errors].map(shapeOf);
  return {
    depth: 1 + Math.max(...below.map(({ depth }) => depth)),
    parts: Math.max(error.errors.length, ...below.map(({ parts }) => parts)),
    truncated: error.truncated,
  };
}

describe.each(hostSidePlaces)('$name', (place) => {
  describe.skipIf(!place.works)(`what a handler throws${place.notRun}`, () => {
    const arena = openArena(place, 'k', { graceMs: 2_000 });

    it('K01 K02 calls what is no error a NonError, and says nothing of what is in it', async () => {
      const names = dataOf(await arena.run('oddNames')) as string[];
      // The same code looks at them everywhere: where each run costs a process, a part of them shows that it is there.
      const tried = place.name.startsWith('fork') ? names.filter((_, index) => index % 3 === 0) : names;
      for (const name of tried) {
        const failed = failureOf(await arena.run('throwsOdd', name), 'ERR_HANDLER_FAILED');
        expect([name, failed.source, failed.http, failed.error?.name]).toEqual([name, 'handler', 500, 'NonError']);
        expect(failed.error?.message.length).toBeLessThanOrEqual(8_192);
        expect(JSON.stringify(failed)).not.toMatch(/secret|a trap|inside/u);
      }
      expect(dataOf(await arena.run('fine'))).toBe('fine');
    });

    it('K02 K04 K05 tells of any error within bounds, and says where it cut', async () => {
      const names = dataOf(await arena.run('hostileNames')) as string[];
      const tried = place.name === 'fork' ? names.slice(0, 6) : names;
      const cut: string[] = [];
      for (const name of tried) {
        const failed = failureOf(await arena.run('throwsHostile', name), 'ERR_HANDLER_FAILED');
        const { depth, parts, truncated } = shapeOf(failed.error);
        expect([name, depth <= 9, parts <= 16]).toEqual([name, true, true]);
        expect(JSON.stringify(failed).length).toBeLessThan(CAP);
        expect(failed.message.length).toBeLessThan(4_096);
        if (truncated) cut.push(name);
      }
      expect(cut).toEqual(CUT.filter((name) => tried.includes(name)));
    });

    it('K02 tells of a rejection as of what was thrown', async () => {
      const failed = failureOf(await arena.run('rejectsHostile', 'getters that throw'), 'ERR_HANDLER_FAILED');
      expect(failed.error).toMatchObject({ name: 'Error', message: '', code: undefined, stack: undefined });
    });

    it.each([
      [{ name: 'PermissionDeniedError', code: 'ERR_PERMISSION_DENIED' }],
      [{ name: 'PluginError', code: 'ERR_ABORTED', stage: 'permissions' }],
      [{ name: 'AbortError', code: 'ERR_TIMEOUT', details: { limitMs: 1 } }],
      [{ name: 'PluginError', code: 'ERR_QUOTA_EXCEEDED', details: { quota: 'maxFetches' } }],
      [{ name: 'UnsendableError', code: 'ERR_CONFIG_INVALID' }],
      [{ name: 'IssuesError', issues: [{ pointer: '', message: 'x' }] }],
    ])('K07 K08 judges by what happened, not by what an error says of itself: %j', async (fields) => {
      const failed = failureOf(await arena.run('imitates', fields), 'ERR_HANDLER_FAILED');
      expect(failed).toMatchObject({ source: 'handler', stage: 'handler', retryable: false, http: 500, details: {} });
      expect(failed.error).toMatchObject({ name: fields.name, message: 'I am the host' });
      expect(JSON.stringify(failed)).not.toContain('__host');
    });

    it('K07 tells a refusal that a handler hands on as its own failure, and the refusal in the audit', async () => {
      const bout = await arena.run('passesOn', {}, data);
      const failed = failureOf(bout, 'ERR_HANDLER_FAILED');
      expect(failed).toMatchObject({ source: 'handler', http: 500, error: { code: 'ERR_PERMISSION_DENIED' } });
      expect(bout.denied).toHaveLength(1);
    });

    it('K11 lets the verdict stand that came first, and records what came after it', async () => {
      expect(failureOf(await arena.run('throwsFinally'), 'ERR_HANDLER_FAILED').error?.message).toBe('in the end');
      const bout = await arena.run('cleansUpBadly');
      expect(dataOf(bout)).toBe('the result');
      expect(bout.result.logs.map(({ level, text }) => [level, text])).toEqual(
        Array.from({ length: 3 }, () => ['warn', 'a cleanup failed']),
      );
    });
  });
});

describe.each(apart)('$name', (place) => {
  describe.skipIf(!place.works)(`errors after a result${place.notRun}`, () => {
    const arena = openArena(place, 'k', { graceMs: 2_000 });

    it.each(['limit', 'capture', 'prepare', 'throw', 'huge'])(
      'K10 meddles with errors of its own realm: %s',
      async (what) => {
        const failed = failureOf(await arena.run('meddles', what), 'ERR_HANDLER_FAILED');
        expect(JSON.stringify(failed).length).toBeLessThan(CAP);
        expect(new Error('here').stack).toContain('k-errors.test.ts');
      },
    );

    it('K11 lets the verdict stand when something is thrown that nobody catches', async () => {
      expect(dataOf(await arena.run('throwsLater'))).toBe('the result');
    });
  });
});

describe.each(places.filter(({ name }) => name === 'in-process'))('$name', (place) => {
  const arena = openArena(place, 'k');
  const { stackTraceLimit } = Error;
  const capture = Object.getOwnPropertyDescriptor(Error, 'captureStackTrace');

  afterEach(() => {
    Error.stackTraceLimit = stackTraceLimit;
    Reflect.deleteProperty(Error, 'prepareStackTrace');
    if (capture !== undefined) Object.defineProperty(Error, 'captureStackTrace', capture);
  });

  it.each([
    ['limit', 'Error.stackTraceLimit'],
    ['huge', 'Error.prepareStackTrace'],
  ])('K10 G08 meddles with the errors of its host, which is told: %s', async (what, name) => {
    const { result } = await arena.run('meddles', what);
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_HANDLER_FAILED' } });
    expect(JSON.stringify(result).length).toBeLessThan(CAP);
    expect(result.metrics.leaked).toEqual([`changed built-ins: ${name}`]);
  });
});
