import {
  ArtifactBroker,
  compilePolicy,
  createEventBus,
  createMemoryArtifactStore,
  isPluginError,
} from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';

/** Every sequence of one to three of these parts. */
function sequences(parts: readonly string[], separator: string): readonly string[] {
  const longer = (texts: readonly string[]): readonly string[] =>
    texts.flatMap((text) => parts.map((part) => `${text}${separator}${part}`));
  return [...parts, ...longer(parts), ...longer(longer(parts))];
}

function isTaken(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch (error) {
    if (isPluginError(error) && error.code === 'ERR_CONFIG_INVALID') return false;
    throw error;
  }
}

const root = import.meta.dirname;

// Neighbours on one floor share no parser: what a spec may say is read in one package, and kept by another.
describe('what a spec may say of topics', () => {
  const port = { pluginId: 'acme', executionId: 'run-1', traceId: 'a'.repeat(32) };
  const topics = [
    ...sequences(['a', '0', 'a-b', 'a_b', 'A', '_a', 'ä', '', '*', '**', 'a*', 'host', 'runtime', 'constructor'], '.'),
    ...[8, 9].map((count) => Array.from({ length: count }, () => 'a').join('.')),
    ...[256, 257].map((length) => 'a'.repeat(length)),
  ];

  it.each(['produce', 'consume'] as const)('is what the bus takes: %s', async (list) => {
    await using bus = createEventBus();
    const differing = topics.filter((topic) => {
      const rules = [{ produce: [], consume: [], scopes: [], [list]: [topic] }];
      const inSpec = isTaken(() => compilePolicy({ events: { [list]: [topic] } }, { root }));
      return inSpec !== isTaken(() => bus.openPort({ ...port, rules }));
    });
    expect(differing).toEqual([]);
  });
});

describe('what a spec may say of artifacts', () => {
  const store = createMemoryArtifactStore();
  const takes = (rule: {
    readonly from: string;
    readonly paths: readonly string[];
    readonly types?: readonly string[];
  }) => isTaken(() => new ArtifactBroker({ store, pluginId: 'acme', rules: [{ read: [rule], write: [] }] }));
  const allows = (rule: Parameters<typeof takes>[0]): boolean =>
    isTaken(() => compilePolicy({ artifacts: { read: [rule] } }, { root }));

  it('is taken by the broker, be it a path', () => {
    const parts = ['a', 'a.md', '*', '**', '?', '*a*', '**a', '', '.', '..', 'a:b', '{a}', '[a]', '!a', 'a\\b', 'ä'];
    const paths = [...sequences(parts, '/'), Array.from({ length: 32 }, () => 'a').join('/')];
    const allowed = paths.filter((path) => allows({ from: 'self', paths: [path] }));
    expect(allowed.length).toBeGreaterThan(100);
    expect(allowed.filter((path) => !takes({ from: 'self', paths: [path] }))).toEqual([]);
  });

  it.each(['self', '*', 'acme', '@acme/report', 'Acme', '@acme/*', '', 'con'])('or an owner: %j', (from) => {
    expect(takes({ from, paths: ['**'] })).toBe(allows({ from, paths: ['**'] }));
  });

  it.each(['text/*', 'text/markdown', 'TEXT/Plain', '*/*', 'text', 'text/plain; charset=utf-8', 'a/b+c.d-e', ''])(
    'or a type: %j',
    (type) => {
      const rule = { from: 'self', paths: ['**'], types: [type] };
      expect(takes(rule)).toBe(allows(rule));
    },
  );
});
