import { createError } from '@kb-labs/contracts';
import type { ArtifactAccess, StoredArtifact } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { outcome, text } from '../open-host.js';
import { bound, openArtifactHost, putThere } from './open-artifact-host.js';
import type { ArtifactHost } from './open-artifact-host.js';

/** An access whose bodies are what `change` makes of them. */
function withBody(change: (body: StoredArtifact['body']) => StoredArtifact['body']) {
  return (access: ArtifactAccess): ArtifactAccess => ({
    ...bound(access),
    readStream: async (uri, options) => {
      const { info, body } = await access.readStream(uri, options);
      return { info, body: change(body) };
    },
  });
}

async function openRead({ call }: Pick<ArtifactHost, 'call'>, uri: string): Promise<number> {
  const answer = await call('artifacts.openRead', uri);
  if (typeof answer === 'object' && answer !== null && 'id' in answer && typeof answer.id === 'number')
    return answer.id;
  throw new Error('nothing was opened');
}

describe('artifacts.read', () => {
  it('gives the bytes, and what a guest may know of them', async () => {
    const { audits, call, meter, store } = openArtifactHost();
    await putThere(store, 'shared/report', 'héllo', '@acme/other');
    const answer = await call('artifacts.read', 'artifact://@acme/other/shared/report');
    expect(answer).toEqual({
      info: {
        uri: 'artifact://@acme/other/shared/report',
        pluginId: '@acme/other',
        path: 'shared/report',
        bytes: 6,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        etag: expect.any(String),
        contentType: 'text/plain',
        version: undefined,
        schemaVersion: undefined,
        createdAt: expect.any(Number),
        expiresAt: undefined,
      },
      bytes: new TextEncoder().encode('héllo'),
    });
    expect(audits).toEqual([
      {
        kind: 'artifact',
        operation: 'read',
        target: 'artifact://@acme/other/shared/report',
        decision: { allowed: true, rule: 'permissions.artifacts.read' },
        patches: [],
      },
    ]);
    expect(meter.used('maxBytesRead')).toBe(6);
  });

  it('gives nothing of another plugin whose name was guessed, whether it is there or not', async () => {
    const { api, audits, call, meter, store } = openArtifactHost();
    await putThere(store, 'secret/there', 'x', '@acme/other');
    const errors = await Promise.all(
      ['there', 'absent'].map((name) =>
        call('artifacts.read', `artifact://@acme/other/secret/${name}`).catch((error: unknown) => error),
      ),
    );
    expect(errors.map((error) => `${String(error)} ${JSON.stringify(error)}`.replace('absent', 'there'))).toEqual(
      Array.from({ length: 2 }, () => expect.stringContaining('is denied')),
    );
    expect(audits.map(({ decision }) => decision)).toEqual([
      { allowed: false, reason: 'not-requested' },
      { allowed: false, reason: 'not-requested' },
    ]);
    expect(api.denials).toBe(2);
    expect(meter.used('maxBytesRead')).toBe(0);
  });

  it('audits as allowed what is not there', async () => {
    const { audits, call } = openArtifactHost();
    expect(await outcome(call('artifacts.read', 'out/a'))).toMatch(/^ERR_ARTIFACT_NOT_FOUND/);
    expect(audits.map(({ decision }) => decision.allowed)).toEqual([true]);
  });

  it('refuses more than one message carries, and says how to have it all the same', async () => {
    const { call, meter, store } = openArtifactHost({ host: { maxMessageBytes: 10 } });
    await putThere(store, 'out/a', 'x'.repeat(11));
    await putThere(store, 'out/b', 'x'.repeat(10));
    const error: unknown = await call('artifacts.read', 'out/a').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'ERR_OUTPUT_EXCEEDED',
      details: { used: 11, limit: 10 },
      hint: 'read it with readStream',
    });
    expect(meter.used('maxBytesRead')).toBe(0);
    expect(await outcome(call('artifacts.read', 'out/b'))).toMatch(/^resolved/);
  });

  it('refuses it also where the store had told of less', async () => {
    const grow = withBody(async function* (body) {
      for (let round = 0; round < 3; round += 1) yield* body;
    });
    const { call, store } = openArtifactHost({ host: { maxMessageBytes: 10 }, between: grow });
    await putThere(store, 'out/a', '12345');
    expect(await outcome(call('artifacts.read', 'out/a'))).toBe('ERR_OUTPUT_EXCEEDED');
  });

  it('reads no more than the quota', async () => {
    const { call, meter, store } = openArtifactHost({ quotas: { maxBytesRead: 10 } });
    await putThere(store, 'out/a', 'x'.repeat(6));
    expect(await outcome(call('artifacts.read', 'out/a'))).toMatch(/^resolved/);
    expect(await outcome(call('artifacts.read', 'out/a'))).toBe('ERR_QUOTA_EXCEEDED');
    expect(meter.used('maxBytesRead')).toBe(6);
  });
});

describe('artifacts.openRead', () => {
  it('hands the bytes over in pieces of at most 256 KiB, and charges them as they pass', async () => {
    const { call, meter, store } = openArtifactHost();
    const content = Array.from({ length: 100_000 }, (_, index) => `line ${index}\n`).join('');
    await putThere(store, 'out/a', content);
    const id = await openRead({ call }, 'out/a');
    expect(meter.used('maxBytesRead')).toBe(0);
    let got = '';
    const sizes: number[] = [];
    for (;;) {
      const chunk = await call('artifacts.readChunk', id);
      if (chunk === undefined) break;
      sizes.push(text(chunk).length);
      got += text(chunk);
      expect(meter.used('maxBytesRead')).toBeGreaterThanOrEqual(got.length);
    }
    expect(got).toBe(content);
    expect(sizes).toEqual([...Array.from({ length: sizes.length - 1 }, () => 262_144), content.length % 262_144]);
    expect(meter.used('maxBytesRead')).toBe(content.length);
  });

  it('fills each piece, however small the pieces of the store are', async () => {
    const crumble = withBody(async function* (body) {
      for await (const piece of body) for (const byte of piece) yield Uint8Array.of(byte);
    });
    const { call, store } = openArtifactHost({ between: crumble, host: { maxMessageBytes: 4 } });
    await putThere(store, 'out/a', '123456789');
    const id = await openRead({ call }, 'out/a');
    const pieces: string[] = [];
    for (let chunk = await call('artifacts.readChunk', id); chunk !== undefined;) {
      pieces.push(text(chunk));
      chunk = await call('artifacts.readChunk', id);
    }
    expect(pieces).toEqual(['1234', '5678', '9']);
  });

  it('is forgotten at its end, and when it is closed', async () => {
    const { call, store } = openArtifactHost();
    await putThere(store, 'out/a', 'x');
    const ended = await openRead({ call }, 'out/a');
    await call('artifacts.readChunk', ended);
    expect(await outcome(call('artifacts.readChunk', ended))).toBe('resolved: undefined');
    expect(await outcome(call('artifacts.readChunk', ended))).toBe('ERR_INVALID_ARGUMENT');
    expect(await outcome(call('artifacts.closeRead', ended))).toBe('resolved: undefined');
    const closed = await openRead({ call }, 'out/a');
    expect(await outcome(call('artifacts.closeRead', closed))).toBe('resolved: undefined');
    expect(await outcome(call('artifacts.readChunk', closed))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('holds 16 at once, and takes no id that was never given', async () => {
    const { call, store } = openArtifactHost();
    await putThere(store, 'out/a', 'x');
    const opened = await Promise.all(Array.from({ length: 30 }, () => outcome(call('artifacts.openRead', 'out/a'))));
    expect(opened.filter((each) => each.startsWith('resolved'))).toHaveLength(16);
    const error: unknown = await call('artifacts.openRead', 'out/a').catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'ERR_QUOTA_EXCEEDED',
      details: { quota: 'openArtifactReads', used: 16, requested: 1, limit: 16 },
    });
    for (const forged of [17, 0, -1, 1.5, '1', null, Number.MAX_SAFE_INTEGER]) {
      expect(await outcome(call('artifacts.readChunk', forged))).toBe('ERR_INVALID_ARGUMENT');
      expect(await outcome(call('artifacts.closeRead', forged))).toBe('ERR_INVALID_ARGUMENT');
    }
    await call('artifacts.closeRead', 5);
    expect(await openRead({ call }, 'out/a')).toBe(17);
  });

  it('gives the place of what could not be opened back', async () => {
    const { call } = openArtifactHost();
    for (let index = 0; index < 40; index += 1) {
      expect(await outcome(call('artifacts.openRead', 'out/absent'))).toMatch(/^ERR_ARTIFACT_NOT_FOUND/);
    }
  });

  it('ends with the first failure, of the quota as of the store', async () => {
    const damaged = withBody(async function* (body) {
      yield* body;
      throw createError('ERR_ARTIFACT_CORRUPT', 'the sum does not fit');
    });
    const { call, store } = openArtifactHost({
      between: damaged,
      quotas: { maxBytesRead: 15 },
      host: { maxMessageBytes: 10 },
    });
    await putThere(store, 'out/a', '1234567890');
    const corrupt = await openRead({ call }, 'out/a');
    expect(text(await call('artifacts.readChunk', corrupt))).toBe('1234567890');
    expect(await outcome(call('artifacts.readChunk', corrupt))).toBe('ERR_ARTIFACT_CORRUPT');
    expect(await outcome(call('artifacts.readChunk', corrupt))).toBe('ERR_INVALID_ARGUMENT');
    const large = await openRead({ call }, 'out/a');
    expect(await outcome(call('artifacts.readChunk', large))).toBe('ERR_QUOTA_EXCEEDED');
    expect(await outcome(call('artifacts.readChunk', large))).toBe('ERR_INVALID_ARGUMENT');
  });

  it('is given up with its call, however long the store takes, and one call at a time', async () => {
    let returned = 0;
    const hang = withBody(() => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        async return() {
          returned += 1;
          return { done: true, value: undefined };
        },
      }),
    }));
    const { api, call, store } = openArtifactHost({ between: hang });
    await putThere(store, 'out/a', 'x');
    const id = await openRead({ call }, 'out/a');
    const controller = new AbortController();
    const reading = outcome(api.call('artifacts.readChunk', [id], { signal: controller.signal }));
    expect(await outcome(call('artifacts.readChunk', id))).toBe('ERR_INVALID_ARGUMENT');
    controller.abort();
    expect(await reading).toBe('ERR_ABORTED');
    expect(await outcome(call('artifacts.readChunk', id))).toBe('ERR_INVALID_ARGUMENT');
    const whole = outcome(api.call('artifacts.read', ['out/a'], { signal: AbortSignal.timeout(1) }));
    expect(await whole).toBe('ERR_ABORTED');
    expect(returned).toBe(2);
  });
});
