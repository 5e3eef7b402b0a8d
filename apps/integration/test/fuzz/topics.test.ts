import { isPluginError } from '@kb-labs/contracts';
import type { EventBus, EventRules } from '@kb-labs/contracts';
import { createEventBus } from '@kb-labs/events';
import { array, assert, asyncProperty, constantFrom, oneof, string, nat } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budget } from './budget.js';

// Without the list of all of them that `unit: 'binary'` makes first, which takes a second.
const codePoint = nat(0x10ffff).map((code) => String.fromCodePoint(code).toWellFormed());

const MAX_SEGMENTS = 8;
const word = constantFrom('a', 'b', 'host', 'runtime', 'a-1');
const topic = array(word, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('.'));
const pattern = array(oneof({ weight: 2, arbitrary: word }, { weight: 1, arbitrary: constantFrom('*', '**') }), {
  minLength: 1,
  maxLength: 5,
}).map((segments) => segments.join('.'));

/** The same rules told another way: as a regular expression over the whole topic. */
function reference(text: string): RegExp | undefined {
  const segments = text.split('.');
  if (segments.filter((segment) => segment === '**').length > 2) return undefined;
  // Each segment brings its own dot, so that none at all leaves nothing behind.
  const parts = segments.map((segment) =>
    segment === '**' ? '(?:[^.]+\\.)*' : `${segment === '*' ? '[^.]+' : segment}\\.`,
  );
  return new RegExp(`^${parts.join('')}$`, 'u');
}

function fits(expression: RegExp | undefined, name: string): boolean {
  return expression?.test(`${name}.`) ?? false;
}

/** Every topic of these words, and of one that nobody names, up to the length that topics have. */
function everyTopic(): readonly string[] {
  let longest = [''];
  const all: string[] = [];
  for (let length = 1; length <= MAX_SEGMENTS; length += 1) {
    longest = longest.flatMap((start) =>
      ['a', 'b', 'zz'].map((segment) => (start === '' ? segment : `${start}.${segment}`)),
    );
    all.push(...longest);
  }
  return all;
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return 'ok';
  } catch (error) {
    if (isPluginError(error)) return error.code;
    throw error;
  }
}

async function publishes(port: ReturnType<EventBus['openHostPort']>, name: string): Promise<string> {
  return port.publish(name, null).then(
    () => 'ok',
    (error: unknown) => (isPluginError(error) ? error.code : 'another error'),
  );
}

function openPort(bus: EventBus, rules: Partial<EventRules>): ReturnType<EventBus['openHostPort']> {
  const filled = { produce: [], consume: [], scopes: ['execution' as const], ...rules };
  return bus.openPort({ pluginId: 'acme', executionId: 'run', traceId: 'trace', rules: [filled] });
}

describe('a pattern', () => {
  it('hears what a reference matcher says, and nothing else', async () => {
    await assert(
      asyncProperty(pattern, topic, async (text, name) => {
        const expression = reference(text);
        const bus = createEventBus();
        const host = bus.openHostPort({ pluginId: 'acme', executionId: 'run' });
        const heard: string[] = [];
        const subscribed = codeOf(() => host.subscribe(text, (event) => void heard.push(event.topic)));
        expect([text, subscribed]).toEqual([text, expression === undefined ? 'ERR_INVALID_ARGUMENT' : 'ok']);
        expect(await publishes(host, name)).toBe('ok');
        await bus[Symbol.asyncDispose]();
        expect([text, name, heard.length]).toEqual([text, name, fits(expression, name) ? 1 : 0]);
      }),
      budget(400),
    );
  });

  it('in a rule lets a plugin publish what a reference matcher says, and nothing of the host', async () => {
    await assert(
      asyncProperty(array(pattern, { maxLength: 3 }), topic, async (produce, name) => {
        await using bus = createEventBus();
        const isMalformed = produce.some((text) => reference(text) === undefined);
        const isReserved = (text: string): boolean => /^(?:host|runtime)(?:\.|$)/u.test(text);
        const opened = codeOf(() => openPort(bus, { produce }));
        expect([produce, opened]).toEqual([
          produce,
          isMalformed || produce.some(isReserved) ? 'ERR_CONFIG_INVALID' : 'ok',
        ]);
        if (opened !== 'ok') return;
        const allowed = !isReserved(name) && produce.some((text) => fits(reference(text), name));
        expect([name, await publishes(openPort(bus, { produce }), name)]).toEqual([
          name,
          allowed ? 'ok' : 'ERR_EVENT_DENIED',
        ]);
      }),
      budget(400),
    );
  });

  it('may be listened to where the rules cover each topic that it fits, by looking at all of them', async () => {
    const topics = everyTopic();
    const small = array(oneof(constantFrom('a', 'b'), constantFrom('*', '**')), { minLength: 1, maxLength: 4 }).map(
      (segments) => segments.join('.'),
    );
    let covered = 0;
    await assert(
      asyncProperty(array(small, { maxLength: 3 }), small, async (consume, text) => {
        const wanted = reference(text);
        const rules = consume.map(reference);
        if (wanted === undefined || rules.includes(undefined)) return;
        await using bus = createEventBus();
        const allowed = topics.every((name) => !fits(wanted, name) || rules.some((rule) => fits(rule, name)));
        covered += allowed ? 1 : 0;
        const outcome = codeOf(() => openPort(bus, { consume }).subscribe(text, () => undefined));
        expect([consume, text, outcome]).toEqual([consume, text, allowed ? 'ok' : 'ERR_EVENT_DENIED']);
      }),
      budget(150),
    );
    expect(covered).toBeGreaterThan(5);
  });
});

describe('any text', () => {
  it('is a topic of lower-case words, or is refused as none', async () => {
    await using bus = createEventBus();
    const host = bus.openHostPort({ pluginId: 'acme', executionId: 'run' });
    const strange = oneof(
      string({ unit: codePoint }),
      string(),
      array(oneof(word, constantFrom('', 'A', '__proto__', 'constructor', '-x', 'x'.repeat(300), 'é'))).map((all) =>
        all.join('.'),
      ),
    );
    await assert(
      asyncProperty(strange, async (text) => {
        const words = text.split('.');
        const isTopic =
          text.length <= 256 &&
          words.length <= MAX_SEGMENTS &&
          words.every((one) => /^[a-z0-9][a-z0-9_-]*$/u.test(one) && one !== 'constructor' && one !== 'prototype');
        expect([text, await publishes(host, text)]).toEqual([text, isTopic ? 'ok' : 'ERR_INVALID_ARGUMENT']);
      }),
      budget(400),
    );
  });
});
