import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPluginFolder } from '../../src/bench/plugin-folder.js';
import type { PluginFolder } from '../../src/bench/plugin-folder.js';
import { ARTIFACT_ACCESS_DUTIES } from '../../src/duties/artifact-access-duties.js';
import type { Duty } from '../../src/duties/duty.js';
import { ERROR_DUTIES } from '../../src/duties/error-duties.js';
import { EVENT_ACCESS_DUTIES } from '../../src/duties/event-access-duties.js';
import { HANDLER_DUTIES } from '../../src/duties/handler-duties.js';
import { HOST_DUTIES } from '../../src/duties/host-duties.js';
import { LIFECYCLE_DUTIES } from '../../src/duties/lifecycle-duties.js';
import { MEMBER_DUTIES } from '../../src/duties/member-duties.js';
import { VALUE_DUTIES } from '../../src/duties/value-duties.js';
import { lyingSandbox, runHere, runNothing } from '../lying-adapter.js';

let folder: PluginFolder;
beforeAll(async () => {
  folder = await createPluginFolder();
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

/** The duties that an adapter with this `run` seems to do. */
async function fulfilled(duties: readonly Duty[], run: Parameters<typeof lyingSandbox>[1]): Promise<readonly string[]> {
  const bench = { adapter: lyingSandbox({}, run), root: folder.root, timeScale: 1 };
  const titles = await Promise.all(
    duties.map(({ title, check }) =>
      check(bench).then(
        () => [title],
        () => [],
      ),
    ),
  );
  return titles.flat();
}

describe('the duties', () => {
  it.each([
    ['values', VALUE_DUTIES],
    ['handlers', HANDLER_DUTIES],
    ['errors', ERROR_DUTIES],
    ['the host', HOST_DUTIES],
    ['artifacts', ARTIFACT_ACCESS_DUTIES],
    ['events', EVENT_ACCESS_DUTIES],
    ['other members', MEMBER_DUTIES],
  ])('of %s are not done by an adapter that runs nothing', async (_, duties) => {
    expect(await fulfilled(duties, runNothing)).toEqual([]);
  });

  it('of beginnings and endings are not done by an adapter that runs nothing', async () => {
    const idle = [
      'may be disposed of twice',
      'tells what enforces each confinement',
      'tells whether a place was made for its caller',
    ];
    expect(
      await fulfilled(
        LIFECYCLE_DUTIES.filter(({ title }) => !title.startsWith('settles')),
        runNothing,
      ),
    ).toEqual(idle);
  });

  it('of values are not done by an adapter that makes no copies', async () => {
    const titles = await fulfilled(VALUE_DUTIES, runHere);
    expect(titles).not.toContain('hands the guest a copy of its input');
    expect(titles).not.toContain('hands the host a copy of the result');
    expect(titles.filter((title) => title.startsWith('refuses a result'))).toEqual([]);
  });

  it('of errors are not done by an adapter that keeps what was thrown to itself', async () => {
    expect(await fulfilled(ERROR_DUTIES, runHere)).toEqual([]);
  });
});
