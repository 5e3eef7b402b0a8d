import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CONFINEMENTS } from '@kb-labs/contracts';
import type { Confinement } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { attackClaims } from '../../src/claims/attack-claims.js';
import type { AttackEvidence } from '../../src/claims/attack.js';
import { FS_READS, FS_WRITES } from '../../src/claims/fs-attempt-names.js';
import { NET_ATTEMPTS } from '../../src/claims/net-attacks.js';
import { lyingSandbox, runNothing } from '../lying-adapter.js';

async function breachesOf(
  confinement: Confinement,
  adapter: ReturnType<typeof lyingSandbox>,
): Promise<readonly AttackEvidence[]> {
  const { [confinement]: line } = await attackClaims(adapter, { only: [confinement] });
  expect(line?.held).toBe(false);
  return (line?.attacks ?? []).filter(({ held }) => !held);
}

const namesOf = (attacks: readonly AttackEvidence[]): readonly string[] => attacks.map(({ name }) => name);

/** What guests wrote. Folders of the kit itself may belong to tests that run beside this one. */
function listStrays(): readonly string[] {
  const names = [tmpdir(), process.cwd()].flatMap((folder) => readdirSync(folder));
  return names.filter((name) => name.startsWith('kb-conformance-') && name.length > 'kb-conformance-XXXXXX'.length);
}

describe('attackClaims', { timeout: 60_000 }, () => {
  it('attacks nothing that is not claimed', async () => {
    const untouched = { claimed: 'none', held: true, attacks: [] };
    const table = await attackClaims(lyingSandbox({}));
    expect(table).toEqual(Object.fromEntries(CONFINEMENTS.map((name) => [name, untouched])));
  });

  it('catches an adapter whose guests see the environment', async () => {
    const breaches = await breachesOf('env', lyingSandbox({ env: 'wall' }));
    expect(namesOf(breaches)).toEqual(expect.arrayContaining(['process.env', 'env of node:process', 'process.report']));
  });

  it('catches an adapter whose guests read and write files, and takes away what they wrote', async () => {
    const before = new Set(listStrays());
    const breaches = await breachesOf('fs', lyingSandbox({ fs: 'guard' }));
    const missed = [...FS_READS, ...FS_WRITES].filter((name) => !namesOf(breaches).includes(name));
    // It is not on every platform.
    expect(missed.filter((name) => name !== 'fs.writeFile in /dev/shm')).toEqual([]);
    expect(listStrays().filter((name) => !before.has(name))).toEqual([]);
  });

  it('catches an adapter whose guests reach the network', async () => {
    const breaches = await breachesOf('net', lyingSandbox({ net: 'guard' }));
    const missed = Object.keys(NET_ATTEMPTS).filter((name) => !namesOf(breaches).includes(name));
    // Node has it behind a flag.
    expect(missed.filter((name) => name !== 'EventSource')).toEqual([]);
  });

  it.each(['time', 'cpu', 'memory', 'crash'] as const)('catches an adapter that only says it kept %s', async (name) => {
    const breaches = await breachesOf(name, lyingSandbox({ [name]: 'wall' }, runNothing));
    expect(breaches.length).toBeGreaterThan(2);
  });

  it.each(['time', 'crash', 'fs'] as const)('catches an adapter whose run rejects, in %s', async (name) => {
    const adapter = lyingSandbox({ [name]: 'guard' }, () => Promise.reject(new Error('broken')));
    const [breach] = await breachesOf(name, adapter);
    expect(breach?.evidence).toContain('broken');
  });

  it.each(CONFINEMENTS)('makes a guard of %s face honest mistakes, and a wall all there is', async (name) => {
    const kindsOf = async (claimed: 'guard' | 'wall'): Promise<readonly string[]> => {
      const { [name]: line } = await attackClaims(lyingSandbox({ [name]: claimed }, runNothing), { only: [name] });
      return [...new Set(line?.attacks.map(({ kind }) => kind))];
    };
    expect(await kindsOf('guard')).toEqual(['honest']);
    expect(await kindsOf('wall')).toEqual(['honest', 'hostile']);
  });

  it('runs without a test runner', async () => {
    const claims = join(import.meta.dirname, '../../dist/claims/index.js');
    const program = `
      import { attackClaims } from ${JSON.stringify(claims)};
      const none = { crash: 'none', time: 'none', cpu: 'none', memory: 'none', env: 'none', fs: 'none', net: 'none', process: 'none' };
      const place = {
        run: async ({ handler, input }) => ({ ok: true, value: await (await import(handler.file))[handler.export](input) }),
        [Symbol.asyncDispose]: async () => {},
      };
      const adapter = { name: 'x', confines: async () => ({ ...none, env: 'guard' }), acquire: async () => place };
      console.log(JSON.stringify((await attackClaims(adapter)).env.held));
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout.trim()).toBe('false');
  });
});
