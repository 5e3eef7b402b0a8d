import type { ArtifactRules } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { ArtifactBroker } from '../src/artifact-broker.js';
import { createMemoryArtifactStore } from '../src/memory-store.js';

const ASKED: ArtifactRules = {
  read: [
    { from: 'self', paths: ['**'] },
    { from: '@acme/other', paths: ['public/**'], types: ['text/*'] },
  ],
  write: [{ paths: ['out/**', 'secret'], types: ['text/*', 'application/json'] }],
};
const GRANTED: ArtifactRules = {
  read: [
    { from: 'self', paths: ['out/**'] },
    { from: '*', paths: ['public/**'] },
  ],
  write: [{ paths: ['out/**'] }],
};

/** A broker for `acme`, and two plugins' artifacts, or none of them. */
async function setUp(filled: boolean) {
  const store = createMemoryArtifactStore();
  const broker = new ArtifactBroker({ store, pluginId: 'acme', rules: [ASKED, GRANTED] });
  if (filled) {
    const host = new ArtifactBroker({ store, pluginId: 'acme', rules: 'host' });
    for (const path of ['out/a', 'secret', 'hidden']) await host.write(path, `own ${path}`);
    for (const path of ['public/a', 'private/a']) await host.write(`artifact://@acme/other/${path}`, `other ${path}`);
    await host.write('artifact://@acme/other/public/image', Buffer.from('x'), { contentType: 'image/png' });
    await host.write('out/image', Buffer.from('x'), { contentType: 'image/png' });
  }
  return broker;
}

type Attempt = (broker: ArtifactBroker, uri: string) => Promise<unknown>;
const READS: Readonly<Record<string, Attempt>> = {
  read: (broker, uri) => broker.readStream(uri),
  stat: (broker, uri) => broker.stat(uri),
  wait: (broker, uri) => broker.wait(uri, { timeoutMs: 0 }),
};
const CASES: readonly (readonly [string, Attempt, string, string])[] = [
  ...Object.entries(READS).flatMap(([operation, attempt]): (readonly [string, Attempt, string, string])[] => [
    [operation, attempt, 'hidden', 'not-granted'],
    [operation, attempt, 'artifact://@acme/other/private/a', 'not-requested'],
    [operation, attempt, 'artifact://third/public/a', 'not-requested'],
  ]),
  ['read', (broker, uri) => broker.read(uri, { as: 'text' }), 'hidden', 'not-granted'],
  ['read', (broker, uri) => broker.copy(uri, 'out/copy'), 'hidden', 'not-granted'],
  ['write', (broker, uri) => broker.copy('out/a', uri), 'secret', 'not-granted'],
  ['write', (broker, uri) => broker.copy('out/missing', uri), 'hidden', 'not-requested'],
  ['write', (broker, uri) => broker.write(uri, 'x'), 'hidden', 'not-requested'],
  ['write', (broker, uri) => broker.write(uri, 'x', { ifNoneMatch: '*' }), 'secret', 'not-granted'],
  [
    'write',
    (broker, uri) => broker.writeStream(uri, Buffer.from('x')),
    'artifact://@acme/other/public/a',
    'not-requested',
  ],
  ['delete', (broker, uri) => broker.delete(uri), 'hidden', 'not-requested'],
  ['delete', (broker, uri) => broker.delete(uri), 'secret', 'not-granted'],
  ['delete', (broker, uri) => broker.delete(uri), 'artifact://@acme/other/public/a', 'not-requested'],
  ['delete', (broker) => broker.removeExpired('@acme/other'), 'artifact://@acme/other/', 'not-requested'],
  ['list', (broker) => broker.list({ from: 'third' }), 'artifact://third/', 'not-requested'],
];

describe('permissions for artifacts', () => {
  it.each(CASES)(
    '%s of %3$s is refused, %4$s, whether there is one or not',
    async (operation, attempt, uri, reason) => {
      const target = uri.includes(':') ? uri : `artifact://acme/${uri}`;
      for (const filled of [true, false]) {
        const broker = await setUp(filled);
        await expect(attempt(broker, uri)).rejects.toThrow(
          expect.objectContaining({
            code: 'ERR_PERMISSION_DENIED',
            message: `${operation} access to ${target} is denied: ${reason}`,
            details: expect.objectContaining({ kind: 'artifact', operation, target, reason }),
          }),
        );
      }
    },
  );

  it('let through what all sets allow', async () => {
    const broker = await setUp(true);
    expect(await broker.read('artifact://@acme/other/public/a', { as: 'text' })).toBe('other public/a');
    await broker.copy('artifact://@acme/other/public/a', 'out/copy');
    expect((await broker.list()).map(({ path }) => path)).toEqual(['out/a', 'out/copy', 'out/image']);
    expect((await broker.list({ from: '@acme/other' })).map(({ path }) => path)).toEqual(['public/a']);
    expect([await broker.stat('out/a').then((info) => info?.bytes), await broker.delete('out/a')]).toEqual([9, true]);
  });

  it('say which sets refuse, and which rule those lack', async () => {
    const broker = await setUp(false);
    const detailsOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(undefined, (error: { details?: { rule?: unknown; refusedBy?: unknown } }) => [
        error.details?.refusedBy,
        error.details?.rule,
      ]);
    const image = { contentType: 'image/png' };
    expect([
      await detailsOf(broker.read('hidden')),
      await detailsOf(broker.read('artifact://@acme/other/private/a')),
      await detailsOf(broker.write('hidden', 'x')),
      await detailsOf(broker.write('out/a', Buffer.from('x'), image)),
      await detailsOf(broker.delete('b[1]')),
      await detailsOf(broker.list({ from: 'third' })),
      await detailsOf(broker.list({ from: 'third', glob: 'a/*' })),
      await detailsOf(broker.write('artifact://@acme/other/a', 'x')),
      await detailsOf(broker.removeExpired('@acme/other')),
    ]).toEqual([
      [[1], { from: 'self', paths: ['hidden'] }],
      [[0, 1], { from: '@acme/other', paths: ['private/a'] }],
      [[0, 1], { paths: ['hidden'] }],
      [[0], { paths: ['out/a'] }],
      [[0, 1], { paths: ['b?1?'] }],
      [[0], { from: 'third', paths: ['**'] }],
      [[0], { from: 'third', paths: ['a/*'] }],
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('say which rule to add, and where', async () => {
    const broker = await setUp(false);
    const hintOf = (work: Promise<unknown>) => work.then(undefined, (error: { hint?: string }) => error.hint);
    expect([
      await hintOf(broker.read('hidden')),
      await hintOf(broker.read('artifact://@acme/other/b"c')),
      await hintOf(broker.read('artifact://@acme/other/private/a')),
      await hintOf(broker.write('hidden', 'x')),
      await hintOf(broker.write('artifact://@acme/other/a', 'x')),
    ]).toEqual([
      'add {"from":"self","paths":["hidden"]} to artifacts.read of what the host grants',
      'use a relative path such as `reports/2026.md`, with names that every platform can store',
      'add {"from":"@acme/other","paths":["private/a"]} to artifacts.read of what the manifest asks for',
      'add {"paths":["hidden"]} to artifacts.write of what the manifest asks for',
      'a plugin writes and deletes its own artifacts alone',
    ]);
  });

  it.each<[string, string, Attempt]>([
    ['read', 'artifact://@acme/other/public/image', (broker, uri) => broker.read(uri)],
    ['stat', 'artifact://@acme/other/public/image', (broker, uri) => broker.stat(uri)],
    ['wait', 'artifact://@acme/other/public/image', (broker, uri) => broker.wait(uri)],
    ['read', 'artifact://@acme/other/public/image', (broker, uri) => broker.copy(uri, 'out/b')],
    ['write', 'artifact://acme/out/b', (broker) => broker.copy('out/image', 'out/b')],
    ['write', 'artifact://acme/out/b', (broker) => broker.write('out/b', Buffer.from('x'))],
    ['write', 'artifact://acme/out/b', (broker) => broker.write('out/b', 'x', { contentType: 'image/svg+xml' })],
    ['write', 'artifact://acme/out/b', (broker) => broker.writeStream('out/b', Buffer.from('x'))],
    ['delete', 'artifact://acme/out/image', (broker, uri) => broker.delete(uri)],
  ])('%s of %s is refused for its content type, which is not told', async (operation, target, attempt) => {
    const broker = await setUp(true);
    const before = await broker.list();
    await expect(attempt(broker, target)).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_PERMISSION_DENIED',
        details: {
          kind: 'artifact',
          operation,
          target,
          reason: 'not-requested',
          refusedBy: [0],
          rule: expect.not.objectContaining({ types: expect.anything() }),
        },
        hint: expect.not.stringContaining('image'),
      }),
    );
    expect(await broker.list()).toEqual(before);
  });

  it('take a type from the same rule as the path', async () => {
    const rules: readonly ArtifactRules[] = [
      {
        read: [
          { from: 'self', paths: ['a/**'], types: ['text/*'] },
          { from: 'self', paths: ['b/**'], types: ['image/*'] },
        ],
        write: [{ paths: ['**'] }],
      },
    ];
    const broker = new ArtifactBroker({ store: createMemoryArtifactStore(), pluginId: 'acme', rules });
    await broker.write('a/image', Buffer.from('x'), { contentType: 'image/png' });
    await broker.write('b/image', Buffer.from('x'), { contentType: 'image/png' });
    await expect(broker.read('a/image')).rejects.toThrow(expect.objectContaining({ code: 'ERR_PERMISSION_DENIED' }));
    expect((await broker.list()).map(({ path }) => path)).toEqual(['b/image']);
  });
});
