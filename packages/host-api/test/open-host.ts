import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPluginError } from '@kb-labs/contracts';
import type { AuditRecord, PermissionSpec } from '@kb-labs/contracts';
import { compilePolicy, createQuotaMeter } from '@kb-labs/permissions';
import { HOST_FUNCTIONS } from '@kb-labs/contracts';
import { onTestFinished } from 'vitest';
import { createHostApi } from '../src/index.js';
import type { HostApi, HostApiOptions } from '../src/index.js';

/** A real folder of its own for one test, gone after it. */
export function makeFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'host-api-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface OpenHost {
  readonly api: HostApi;
  readonly audits: AuditRecord[];
  readonly meter: HostApiOptions['meter'];
  call(name: string, ...args: readonly unknown[]): Promise<unknown>;
}

/** A host API with every function, over a real policy. Disposed after the test. */
export function openHost(root: string, spec: PermissionSpec, options: Partial<HostApiOptions> = {}): OpenHost {
  const policy = compilePolicy(spec, { root });
  const meter = options.meter ?? createQuotaMeter(policy.quotas);
  const audits: AuditRecord[] = [];
  const api = createHostApi({
    policy,
    meter,
    functions: functionsWith(options),
    audit: (record) => audits.push(record),
    ...options,
  });
  onTestFinished(() => api[Symbol.asyncDispose]());
  const { signal } = new AbortController();
  return { api, audits, meter, call: (name, ...args) => api.call(name, args, { signal }) };
}

/** All functions for which there is what they need. */
function functionsWith(options: Partial<HostApiOptions>): readonly string[] {
  return Object.keys(HOST_FUNCTIONS).filter((name) => {
    const [option = ''] = name.split('.');
    return !['artifacts', 'events', 'invoke', 'shell', 'presenter'].includes(option) || option in options;
  });
}

/** Read and write everything below the root. */
export const EVERYTHING = { fs: { mode: 'readWrite', allow: ['.'] } } as const satisfies PermissionSpec;

/** What a rejected call was rejected with: the code and the reason or errno, or what it resolved with instead. */
export async function outcome(promise: Promise<unknown>): Promise<string> {
  try {
    return `resolved: ${JSON.stringify(await promise)}`;
  } catch (error) {
    if (!isPluginError(error)) return `not a PluginError: ${String(error)}`;
    const why = error.details['reason'] ?? error.details['errno'];
    return why === undefined ? error.code : `${error.code} ${String(why)}`;
  }
}

/** How many descriptors this process holds. Linux alone. */
export function countDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}

export function text(bytes: unknown): string {
  if (!(bytes instanceof Uint8Array)) throw new Error('these are no bytes');
  return new TextDecoder().decode(bytes);
}
