import { describe, expect, it } from 'vitest';
import { CRASHES } from '../../src/claims/crash-attacks.js';
import { ENV_ATTEMPTS } from '../../src/claims/env-attacks.js';
import { FS_ALONE, FS_READS, FS_TRICKS, FS_WRITES } from '../../src/claims/fs-attempt-names.js';
import { NET_ATTEMPTS, NET_TRICKS } from '../../src/claims/net-attacks.js';
import { PROCESS_ATTEMPTS, PROCESS_REPLACEMENTS } from '../../src/claims/process-attacks.js';
import { BURNS, DELAYS, HOARDS } from '../../src/claims/resource-attacks.js';

const guests = new URL('../../guests/', import.meta.url);

describe('the guests of the kit', () => {
  it.each([
    ['env', Object.values(ENV_ATTEMPTS).flat()],
    ['fs', [...FS_READS, ...FS_WRITES, ...FS_TRICKS, ...FS_ALONE]],
    ['net', Object.keys({ ...NET_ATTEMPTS, ...NET_TRICKS })],
    ['process', [...Object.values(PROCESS_ATTEMPTS).flat(), ...PROCESS_REPLACEMENTS]],
  ])('make each attempt on %s that the host counts, and no other', async (name, listed) => {
    const { attempts } = await import(new URL(`${name}-attempts.mjs`, guests).href);
    expect(Object.keys(attempts).toSorted()).toEqual(listed.toSorted());
  });

  it('have each ending that the host waits for', async () => {
    const endings: object = await import(new URL('endings.mjs', guests).href);
    const handlers = [...CRASHES, ...DELAYS, ...BURNS, ...HOARDS].map(({ handler }) => handler.split('#'));
    const names = handlers.filter(([file]) => file === 'endings.mjs').map(([, name]) => name);
    expect(Object.keys(endings).toSorted()).toEqual([...new Set(names)].toSorted());
  });
});
