import { createError } from '@kb-labs/contracts';
import type { AuditEntry, AuditSink } from '@kb-labs/contracts';
import { describe, expect, it, vi } from 'vitest';
import { createPluginContext, createRuntime } from '../src/index.js';
import type { ExecuteResult, RuntimeOptions } from '../src/index.js';
import { inProcess, pluginFolder } from './plugin-folder.js';

const READ = `export const read = async (path, ctx) => {
  globalThis.auditedReads = (globalThis.auditedReads ?? 0) + 1;
  try { return await ctx.fs.readFile(path, 'utf8'); } catch (error) { return error.code; }
};`;

/** A sink over a list, which can be made to fail as a full disk does. */
function listSink(failing: { ready?: boolean; flush?: boolean } = {}): AuditSink & { readonly entries: AuditEntry[] } {
  const entries: AuditEntry[] = [];
  const gone = (): Error => createError('ERR_AUDIT_UNAVAILABLE', 'the disk is full');
  return {
    entries,
    ready: () => (failing.ready === true ? Promise.reject(gone()) : Promise.resolve()),
    write: (entry) => void entries.push(entry),
    flush: () => (failing.flush === true ? Promise.reject(gone()) : Promise.resolve()),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

async function run(options: RuntimeOptions): Promise<ExecuteResult> {
  await using plugin = await pluginFolder({ 'read.mjs': READ, 'a.txt': 'text', 'b.txt': 'secret' });
  await using runtime = createRuntime({ ...inProcess, ...options });
  const permissions = { fs: { mode: 'read', allow: ['a.txt'] } } as const;
  const { root } = plugin;
  const context = createPluginContext({ capabilities: ['fs.read'], permissions, root, pluginRoot: root });
  await runtime.execute('./read.mjs#read', 'b.txt', context);
  return await runtime.execute('./read.mjs#read', 'a.txt', context);
}

describe('an audit sink', () => {
  it('is told every decision, with whose it was', async () => {
    const audit = listSink();
    const result = await run({ audit });
    expect(result).toMatchObject({ ok: true, data: 'text' });
    expect(
      audit.entries.map(({ pluginId, audit: { kind, operation, target, decision } }) => [
        pluginId,
        kind,
        operation,
        target,
        decision.allowed,
      ]),
    ).toEqual([
      ['anonymous', 'fs', 'read', 'b.txt', false],
      ['anonymous', 'fs', 'read', 'a.txt', true],
    ]);
    expect(audit.entries[1]?.executionId).toBe(result.executionId);
  });

  it('that is required and gone lets nothing run', async () => {
    const reads = (): unknown => Reflect.get(globalThis, 'auditedReads');
    const before = reads();
    const result = await run({ audit: listSink({ ready: true }), auditRequired: true });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'ERR_AUDIT_UNAVAILABLE', stage: 'prepare', http: 503, retryable: true },
    });
    expect(reads()).toBe(before);
  });

  it('that is required and loses decisions fails the run', async () => {
    const result = await run({ audit: listSink({ flush: true }), auditRequired: true });
    expect(result).toMatchObject({ ok: false, error: { code: 'ERR_AUDIT_UNAVAILABLE' } });
  });

  it('that is required and fails in a way of its own is told as gone', async () => {
    const broken = { ...listSink(), ready: () => Promise.reject(new TypeError('boom')) };
    expect(await run({ audit: broken, auditRequired: true })).toMatchObject({
      ok: false,
      error: { code: 'ERR_AUDIT_UNAVAILABLE', stage: 'prepare' },
    });
  });

  it('that is required and never answers is not waited for', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const silent = { ...listSink(), ready: () => new Promise<void>(() => undefined) };
      const running = run({ audit: silent, auditRequired: true });
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
      await vi.advanceTimersByTimeAsync(5_000);
      await vi.waitFor(() => expect(vi.getTimerCount()).toBeGreaterThan(0));
      await vi.advanceTimersByTimeAsync(5_000);
      expect(await running).toMatchObject({ ok: false, error: { code: 'ERR_AUDIT_UNAVAILABLE' } });
    } finally {
      vi.useRealTimers();
    }
  });

  it('that is not required hurts no run, whatever it does', async () => {
    const throwing = { ...listSink({ ready: true, flush: true }), write: () => expect.unreachable() };
    expect(await run({ audit: throwing })).toMatchObject({ ok: true, data: 'text' });
  });

  it('must be there to be required', () => {
    expect(() => createRuntime({ auditRequired: true })).toThrow(
      expect.objectContaining({ code: 'ERR_CONFIG_INVALID', details: { pointer: '/audit' } }),
    );
  });
});
