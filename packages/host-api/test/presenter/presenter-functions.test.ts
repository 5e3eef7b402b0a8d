import type { Presenter } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const FUNCTIONS = ['presenter.message', 'presenter.json', 'presenter.error', 'presenter.confirm'];

function openPresenterHost(presenter: Partial<Presenter> | undefined): OpenHost {
  const silent: Presenter = {
    message: () => undefined,
    progress: () => undefined,
    json: () => undefined,
    error: () => undefined,
    confirm: () => Promise.resolve(false),
  };
  const options = presenter === undefined ? {} : { presenter: { ...silent, ...presenter } };
  return openHost(makeFolder(), {}, { functions: FUNCTIONS, ...options });
}

describe('the presenter of a guest', () => {
  it('shows what it is handed, as it was written', async () => {
    const shown: unknown[] = [];
    const { call } = openPresenterHost({
      message: (...args) => shown.push(args),
      json: (...args) => shown.push(args),
      error: (...args) => shown.push(args),
    });
    await call('presenter.message', 'Plain');
    await call('presenter.message', '\u001b[2Jgone', 'warn');
    await call('presenter.json', { a: [1, null, 'x'], when: new Date(0), gone: undefined });
    await call('presenter.json', JSON.parse('{"__proto__":{"polluted":true}}'));
    await call('presenter.error', { message: 'broken', code: 'E_X', hint: 'mend it' });
    await call('presenter.error', { message: 'broken', hint: undefined });
    expect(shown).toEqual([
      ['Plain', 'info'],
      ['\u001b[2Jgone', 'warn'],
      [{ a: [1, null, 'x'], when: '1970-01-01T00:00:00.000Z' }],
      [JSON.parse('{"__proto__":{"polluted":true}}')],
      [{ message: 'broken', code: 'E_X', hint: 'mend it' }],
      [{ message: 'broken' }],
    ]);
  });

  it('takes bounded text and plain data alone', async () => {
    const shown: unknown[] = [];
    const { call } = openPresenterHost({ message: (text) => shown.push(text), json: (value) => shown.push(value) });
    const cycle: unknown[] = [];
    cycle.push(cycle);
    const calls: readonly (readonly [string, ...unknown[]])[] = [
      ['presenter.message', 'x'.repeat(65_537)],
      ['presenter.message', 7],
      ['presenter.message', 'x', 'error'],
      ['presenter.json', 1n],
      ['presenter.json', cycle],
      ['presenter.json', undefined],
      ['presenter.error', 'broken'],
      ['presenter.error', { message: 'x', stack: 'y' }],
      ['presenter.error', { message: 'x', code: 'x'.repeat(129) }],
      ['presenter.confirm', 'x'.repeat(65_537)],
      ['presenter.confirm'],
    ];
    for (const [name, ...args] of calls) expect(await outcome(call(name, ...args))).toBe('ERR_INVALID_ARGUMENT');
    expect(shown).toEqual([]);
  });

  it.each([
    ['bytes', new Uint8Array(4)],
    ['bytes of a buffer', { deep: [Buffer.from('text')] }],
    ['numbers in binary', new Float64Array(2)],
  ])('shows no %s: as JSON they would be many times as large', async (_, value) => {
    const shown: unknown[] = [];
    const { call } = openPresenterHost({ json: (json) => shown.push(json) });
    expect(await outcome(call('presenter.json', value))).toBe('ERR_INVALID_ARGUMENT');
    expect(shown).toEqual([]);
  });

  it('shows no value that is larger than a message', async () => {
    const { call } = openHost(makeFolder(), {}, { functions: FUNCTIONS, maxMessageBytes: 100 });
    expect(await outcome(call('presenter.json', 'é'.repeat(50)))).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcome(call('presenter.json', 'é'.repeat(49)))).toBe('resolved: undefined');
  });

  it('fails no run, however it fails itself', async () => {
    const fail = (): never => {
      throw new Error('the terminal is gone');
    };
    // Written in JavaScript, it may answer with what its type does not say.
    const reject = (): Promise<never> => Promise.reject(new Error('the pipe is broken'));
    for (const each of [fail, reject]) {
      const { call } = openPresenterHost({ message: each, json: each, error: each, confirm: each });
      expect(await outcome(call('presenter.message', 'x'))).toBe('resolved: undefined');
      expect(await outcome(call('presenter.json', {}))).toBe('resolved: undefined');
      expect(await outcome(call('presenter.error', { message: 'x' }))).toBe('resolved: undefined');
      expect(await outcome(call('presenter.confirm', 'x'))).toBe('resolved: false');
    }
  });

  it.each([[1], ['yes'], [{}], [undefined], [false]])('takes %j for a no', async (answer) => {
    const presenter = { confirm: () => Promise.resolve(answer) };
    // What a presenter in JavaScript may answer with.
    const { call } = openPresenterHost(presenter as Partial<Presenter>);
    expect(await call('presenter.confirm', 'Delete it?')).toBe(false);
  });

  it('hands the question and a signal over, and takes a plain yes', async () => {
    const asked: unknown[] = [];
    const { call } = openPresenterHost({
      confirm(question, signal) {
        asked.push(question, signal.aborted);
        return Promise.resolve(true);
      },
    });
    expect(await call('presenter.confirm', 'Delete it?')).toBe(true);
    expect(asked).toEqual(['Delete it?', false]);
  });

  it('waits for nobody once the guest has given up, or the run is over', async () => {
    const signals: AbortSignal[] = [];
    const { api } = openPresenterHost({
      confirm(_, signal) {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    });
    const controller = new AbortController();
    const givenUp = outcome(api.call('presenter.confirm', ['x'], { signal: controller.signal }));
    const ended = outcome(api.call('presenter.confirm', ['x'], { signal: new AbortController().signal }));
    controller.abort();
    expect(await givenUp).toBe('resolved: false');
    await api[Symbol.asyncDispose]();
    expect(await ended).toBe('resolved: false');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  it('is nobody where none was handed in: messages go nowhere, and every question is answered with no', async () => {
    const { call } = openPresenterHost(undefined);
    expect(await outcome(call('presenter.message', 'x'))).toBe('resolved: undefined');
    expect(await outcome(call('presenter.error', { message: 'x' }))).toBe('resolved: undefined');
    expect(await outcome(call('presenter.confirm', 'x'))).toBe('resolved: false');
  });

  it('takes any arguments without harm to the host', async () => {
    const { call } = openPresenterHost({});
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FUNCTIONS), fc.array(fc.anything(), { maxLength: 3 }), async (name, args) => {
        expect(await outcome(call(name, ...args))).toMatch(/^(resolved: (undefined|false)|ERR_INVALID_ARGUMENT)$/);
      }),
      { seed: 1, numRuns: 500 },
    );
  });
});
