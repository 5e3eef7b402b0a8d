import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { parseGuestMessage } from '../../src/wire/parse-guest-message.js';
import { plain } from './carried-values.js';

const call = { t: 'call', run: 1, id: 1, name: 'fs.readFile', args: ['a'] };
const log = { t: 'log', run: 1, level: 'info', source: 'log', text: 'x', fields: {} };
const failure = {
  t: 'result',
  run: 1,
  ok: false,
  phase: 'handler',
  kind: 'threw',
  message: 'm',
  isLast: false,
  error: undefined,
  issues: [],
};

describe('a message of a guest', () => {
  it.each([
    { t: 'ready', version: 1 },
    call,
    { t: 'loaded', ok: true },
    { t: 'cancel', run: 1, id: 1 },
    log,
    { t: 'progress', run: 1, message: 'half', fraction: 0.5 },
    { t: 'progress', run: 1, message: 'some', fraction: undefined },
    { t: 'result', run: 1, ok: true, value: undefined, isLast: false },
    { t: 'result', run: 1, ok: true, value: 1, isLast: true },
    failure,
    { ...failure, isLast: true },
    { t: 'done', run: 1, leaked: ['Timeout'], reusable: false },
  ])('is one of a closed set: $t', (message) => {
    expect(parseGuestMessage(message)).toEqual(message);
  });

  it.each([1, 'true', null, undefined, [true]])('is no last one by %j', (isLast) => {
    expect(parseGuestMessage({ ...failure, isLast })).toMatchObject({ isLast: false });
    expect(parseGuestMessage({ t: 'result', run: 1, ok: true, value: 1, isLast })).toMatchObject({ isLast: false });
  });

  it.each<[string, unknown]>([
    ['no message', 'ready'],
    ['nothing', null],
    ['a list', [{ t: 'ready', version: 1 }]],
    ['a word of the host', { t: 'abort', run: 1 }],
    ['an inherited word', { t: 'toString' }],
    ['ready without a version', { t: 'ready' }],
    ['loaded without an answer', { t: 'loaded', ok: 1 }],
    ['a call without a run', { ...call, run: undefined }],
    ['a line of run zero', { ...log, run: 0 }],
    ['a result of a run of text', { ...failure, run: '1' }],
    ['a call without an id', { ...call, id: undefined }],
    ['an id of zero', { ...call, id: 0 }],
    ['an id below zero', { ...call, id: -1 }],
    ['half an id', { ...call, id: 1.5 }],
    ['an id too large to be told from its neighbour', { ...call, id: 2 ** 53 }],
    ['an id of text', { ...call, id: '1' }],
    ['a bigint as an id', { ...call, id: 1n }],
    ['a name that is no text', { ...call, name: ['fs.readFile'] }],
    ['a name without end', { ...call, name: 'x'.repeat(129) }],
    ['arguments that are no list', { ...call, args: { length: 1 } }],
    ['17 arguments', { ...call, args: Array.from({ length: 17 }) }],
    ['an unknown level', { ...log, level: 'fatal' }],
    ['an unknown source', { ...log, source: 'host' }],
    ['fields in a list', { ...log, fields: [] }],
    ['text that is none', { ...log, text: { toString: 1 } }],
    ['more than all', { t: 'progress', run: 1, message: 'x', fraction: 1.1 }],
    ['NaN', { t: 'progress', run: 1, message: 'x', fraction: Number.NaN }],
    ['a result without a value', { t: 'result', run: 1, ok: true }],
    ['a result that is neither', { ...failure, ok: 'false' }],
    ['an unknown phase', { ...failure, phase: 'permissions' }],
    ['an unknown kind', { ...failure, kind: 'denied' }],
    ['leaks that are no list', { t: 'done', run: 1, leaked: 'Timeout', reusable: true }],
    ['a last word that does not say whether another run may come', { t: 'done', run: 1, leaked: [] }],
  ])('is refused: %s', (_, message) => {
    expect(parseGuestMessage(message)).toBeUndefined();
  });

  it('loses the members that it should not have', () => {
    expect(parseGuestMessage({ ...call, allowed: true, pluginId: 'forged' })).toEqual(call);
    expect(parseGuestMessage({ ...log, pluginId: 'forged', time: 1 })).toEqual(log);
    expect(parseGuestMessage({ ...failure, code: 'ERR_PERMISSION_DENIED', http: 200 })).toEqual(failure);
  });

  it('takes its fields from itself, not from what __proto__ says', () => {
    expect(parseGuestMessage(plain([['__proto__', call]]))).toBeUndefined();
  });

  it('is cut where it has no end', () => {
    const issue = { pointer: '/'.repeat(1_000), message: 'x'.repeat(1_000) };
    const parsed = parseGuestMessage({
      ...failure,
      message: 'x'.repeat(10_000),
      issues: Array.from({ length: 50 }, () => issue),
    });
    expect(parsed).toEqual({
      ...failure,
      message: 'x'.repeat(2_048),
      issues: Array.from({ length: 10 }, () => ({ pointer: '/'.repeat(512), message: 'x'.repeat(512) })),
    });
    expect(parseGuestMessage({ ...failure, issues: [7, null] })).toMatchObject({
      issues: [
        { pointer: '', message: 'invalid' },
        { pointer: '', message: 'invalid' },
      ],
    });
    const leaked = ['x'.repeat(100), 7, ...Array.from({ length: 100 }, () => 'Timeout')];
    expect(parseGuestMessage({ t: 'done', run: 3, leaked, reusable: true })).toEqual({
      t: 'done',
      run: 3,
      reusable: true,
      leaked: ['x'.repeat(64), ...Array.from({ length: 14 }, () => 'Timeout')],
    });
  });

  it('makes no exception, whatever it is', () => {
    const word = fc.constantFrom('ready', 'call', 'cancel', 'log', 'progress', 'track', 'result', 'done', 'loaded');
    const record = fc.tuple(
      word,
      fc.dictionary(fc.constantFrom('ok', 'run', 'id', 'args', 'error', 'issues', 'name', 'attributes'), fc.anything()),
    );
    const isQuiet = fc.property(record, ([t, members]) => {
      parseGuestMessage({ ...members, t });
    });
    expect(fc.check(isQuiet, { seed: 1, numRuns: 2_000 })).toMatchObject({ failed: false });
  });
});
