import type { ArtifactInfo, ArtifactStore, AuditSink, ExecutionEvent, PluginManifest } from '@kb-labs/contracts';
import { createAnalytics, createJobPresenter, createMemoryArtifactStore } from '@kb-labs/plugin-runtime';
import type { ExecuteResult, PluginContextOptions, RuntimeOptions } from '@kb-labs/plugin-runtime';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openScene, places } from '../scene.js';
import type { Place } from '../scene.js';

const pluginRoot = fileURLToPath(new URL('plugin', import.meta.url));
const two = places.filter(({ name }) => name === 'in-process' || name === 'fork');

/** How something of the host's goes wrong. */
const ways: Readonly<Record<string, () => unknown>> = {
  throws: () => {
    throw new Error('broken');
  },
  rejects: () => Promise.reject(new Error('broken')),
  hangs: () => new Promise(() => undefined),
  'answers nonsense': () => 'nonsense',
  'answers late': () => new Promise((resolve) => setTimeout(resolve, 50)),
};
const broken = Object.entries(ways);
const silent = broken.filter(([name]) => !name.startsWith('answers'));
/** What breaks its promise on purpose, as something written in JavaScript does. */
const breaking = <Type>(parts: object): Type => parts as Type;

const manifest: PluginManifest = {
  schema: 'kb.plugin/1',
  id: 'fault-points',
  version: '1.0.0',
  engines: { runtime: '>=0.1.0' },
  handlers: { run: { handler: './points.js#returns' }, uses: { handler: './points.js#usesEverything' } },
  capabilities: ['artifacts.write', 'presenter.show', 'presenter.confirm', 'analytics.track', 'fs.read'],
  permissions: { artifacts: { write: [{ paths: ['**'] }] }, fs: { mode: 'read', allow: ['.'] } },
};
const declaring: PluginManifest = { ...manifest, artifacts: [{ name: 'whole', pathTemplate: 'whole.json', from: '' }] };

function auditWith(parts: object): AuditSink {
  const done = (): Promise<void> => Promise.resolve();
  const sink: AuditSink = { ready: done, write: () => undefined, flush: done, [Symbol.asyncDispose]: done };
  return breaking<AuditSink>({ ...sink, ...parts });
}

interface RunOptions {
  readonly runtime?: RuntimeOptions;
  readonly context?: Partial<PluginContextOptions>;
  readonly manifest?: PluginManifest;
}

async function run(place: Place, handler: string, options: RunOptions): Promise<ExecuteResult> {
  await using scene = await openScene(place.create(), options.runtime);
  const { capabilities = [], permissions = {} } = manifest;
  const context = scene.grant({ pluginRoot, capabilities, permissions, ...options.context });
  return await scene.runtime.execute(handler, { text: 'x' }, context, options.manifest ?? manifest);
}

describe.each(two)('$name', (place) => {
  describe('what belongs to the host', () => {
    it.each(broken)('Q04 leaves a run as it is: an observer, a log and an analytics sink that %s', async (_, way) => {
      const observers = [breaking<{ observe(event: ExecutionEvent): void }>({ observe: way })];
      const sink = { name: 'broken', write: way, [Symbol.asyncDispose]: way };
      const analytics = createAnalytics({
        sinks: [breaking(sink)],
        flushTimeoutMs: 100,
        batch: { writeTimeoutMs: 100 },
      });
      const logSink = breaking<() => void>(way);
      const result = await run(place, 'uses', { runtime: { observers, analytics, logSink, logLevel: 'trace' } });
      expect(result).toMatchObject({ ok: true, data: { stored: 'used.txt' } });
      expect(result.logs.map(({ text }) => text)).toContain('logged');
      const began = performance.now();
      await analytics[Symbol.asyncDispose]();
      expect(performance.now() - began).toBeLessThan(5_000);
    });

    it.each(broken)('Q04 ends a run in time, or well, with a presenter whose methods %s', async (_, way) => {
      const presenter = { ...createJobPresenter(), message: way, progress: way, json: way, error: way, confirm: way };
      const permissions = { ...manifest.permissions, quotas: { timeoutMs: 400 } };
      const context = { presenter: breaking<NonNullable<PluginContextOptions['presenter']>>(presenter), permissions };
      const result = await run(place, 'uses', { context });
      const end = result.ok ? result.data : result.error.code;
      // Nothing but a plain yes is one.
      expect([{ stored: 'used.txt', confirmed: false }, 'ERR_TIMEOUT', 'ERR_HANDLER_FAILED']).toContainEqual(end);
    });

    it.each(silent)('tells a handler, or ends it in time, where the artifact store %s', async (_, way) => {
      const store = Object.assign(createMemoryArtifactStore(), { put: breaking<ArtifactStore['put']>(way) });
      const permissions = { ...manifest.permissions, quotas: { timeoutMs: 400 } };
      const result = await run(place, 'uses', { context: { artifactStore: store, permissions } });
      const code: unknown = expect.stringMatching(/^ERR_(HANDLER_FAILED|TIMEOUT)$/);
      expect(result).toMatchObject({ ok: false, error: { code } });
    });

    it('waits for a store that is late, in a call and for what its manifest declares', async () => {
      const inner = createMemoryArtifactStore();
      const put: ArtifactStore['put'] = async (...args) => {
        await ways['answers late']?.();
        return inner.put(...args);
      };
      const artifactStore = Object.assign(createMemoryArtifactStore(), { put });
      expect(await run(place, 'uses', { context: { artifactStore } })).toMatchObject({ ok: true });
      const declared = await run(place, 'run', { context: { artifactStore }, manifest: declaring });
      expect(declared).toMatchObject({ ok: true, artifacts: [{ path: 'whole.json' }] });
    });

    it('fails what its manifest declares where the store breaks, and is aborted at once where it hangs', async () => {
      for (const [name, way] of silent.filter(([each]) => each !== 'hangs')) {
        const store = Object.assign(createMemoryArtifactStore(), { put: breaking<ArtifactStore['put']>(way) });
        const result = await run(place, 'run', { context: { artifactStore: store }, manifest: declaring });
        expect([name, result]).toMatchObject([name, { ok: false, error: { stage: 'artifacts' } }]);
      }
      const caller = new AbortController();
      const put = (): Promise<ArtifactInfo> => {
        caller.abort();
        return new Promise(() => undefined);
      };
      const store = Object.assign(createMemoryArtifactStore(), { put });
      const result = await run(place, 'run', {
        context: { artifactStore: store, signal: caller.signal },
        manifest: declaring,
      });
      expect(result).toMatchObject({ ok: false, error: { code: 'ERR_ABORTED', stage: 'artifacts' } });
    });

    it.each(broken.filter(([name]) => name !== 'hangs' && name !== 'answers late'))(
      'Q04 goes by auditRequired where the audit sink %s: closed with it, unaffected without',
      async (name, way) => {
        const isBroken = name !== 'answers nonsense';
        for (const parts of [{ ready: way }, { flush: way }]) {
          const audit = auditWith(parts);
          const closed = await run(place, 'uses', { runtime: { audit, auditRequired: true } });
          expect(closed.ok ? 'ok' : closed.error.code).toBe(isBroken ? 'ERR_AUDIT_UNAVAILABLE' : 'ok');
          expect(await run(place, 'uses', { runtime: { audit } })).toMatchObject({ ok: true });
        }
        expect(await run(place, 'uses', { runtime: { audit: auditWith({ write: way }) } })).toMatchObject({ ok: true });
      },
    );
  });
});

describe('what never answers', () => {
  afterEach(() => void vi.useRealTimers());

  /** Runs in the host's own process, whose timers are moved on by so much once the host was asked. */
  async function runAndWait(ms: number, options: (asked: () => Promise<never>) => RunOptions): Promise<unknown> {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { promise, resolve } = Promise.withResolvers<void>();
    const asked = (): Promise<never> => {
      resolve();
      return new Promise(() => undefined);
    };
    const place = places.find(({ name }) => name === 'in-process');
    if (place === undefined) throw new Error('there is no such place');
    const running = run(place, 'run', options(asked));
    await promise;
    await vi.advanceTimersByTimeAsync(ms - 1);
    const early = await Promise.race([running, Promise.resolve('waits')]);
    await vi.advanceTimersByTimeAsync(1);
    return [early, await running];
  }

  it('is a store, which is waited for ten seconds', async () => {
    const permissions = { ...manifest.permissions, quotas: { timeoutMs: 1_000 } };
    const ended = await runAndWait(10_000, (put) => ({
      context: { artifactStore: Object.assign(createMemoryArtifactStore(), { put }), permissions },
      manifest: declaring,
    }));
    const error = { code: 'ERR_TIMEOUT', stage: 'artifacts', details: { limitMs: 10_000 } };
    expect(ended).toMatchObject(['waits', { ok: false, error, artifacts: [] }]);
  });

  it('Q04 is an audit sink, which is waited for five seconds where it is required', async () => {
    const ended = await runAndWait(5_000, (ready) => ({
      runtime: { audit: auditWith({ ready }), auditRequired: true },
    }));
    const error = { code: 'ERR_AUDIT_UNAVAILABLE', stage: 'prepare', http: 503, retryable: true };
    expect(ended).toMatchObject(['waits', { ok: false, error }]);
  });
});
