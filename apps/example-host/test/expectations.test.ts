import { join } from 'node:path';
import { createRuntime } from '@kb-labs/plugin-runtime';
import type { ExecuteResult } from '@kb-labs/plugin-runtime';
import { describe, expect, it } from 'vitest';
import {
  expectEnd,
  expectEscapesRefused,
  expectOk,
  expectReport,
  expectReview,
  expectSampleLinks,
  expectSampleReview,
} from '../src/expectations.js';
import { appFolder } from './demo-process.js';

/** A real result, with these data as what the handler returned. */
async function resultOf(data: unknown, handler: string = 'echo'): Promise<ExecuteResult> {
  await using runtime = createRuntime({ sandbox: 'in-process', requiredConfinement: 'none' });
  const pluginRoot = join(appFolder, 'test/guests/odd');
  return await runtime.execute(
    `./odd.js#${handler}`,
    data,
    runtime.createContext({ capabilities: [], permissions: {}, pluginRoot }),
  );
}

function attempts(outcomes: readonly string[]): unknown {
  return { attempts: outcomes.map((outcome) => ({ name: 'a way', aim: 'fs', outcome, detail: 'seen' })) };
}

describe('the hostile plugin', () => {
  it.each([
    ['43 refused', Array.from({ length: 43 }, () => 'refused'), true],
    ['one that worked', [...Array.from({ length: 42 }, () => 'refused'), 'worked'], false],
    ['too few', Array.from({ length: 39 }, () => 'refused'), false],
  ])('with %s', async (_, outcomes, met) => {
    expect(expectEscapesRefused(await resultOf(attempts(outcomes))).met).toBe(met);
  });

  it('must end by the code that is due', async () => {
    const failed = await resultOf({}, 'throws');
    expect(expectEnd('ERR_HANDLER_FAILED')(failed)).toMatchObject({ met: true, text: 'ended by ERR_HANDLER_FAILED' });
    expect(expectEnd('ERR_TIMEOUT')(failed).met).toBe(false);
    expect(expectEnd('ERR_TIMEOUT')(await resultOf('all is well'))).toEqual({
      met: false,
      text: 'ended well, where ERR_TIMEOUT was due',
      findings: [],
    });
  });
});

describe('the sample of links', () => {
  const servers = { granted: 'http://localhost:1', forbidden: 'http://127.0.0.1:2' };
  const answers: readonly (readonly [string, string])[] = [
    ['http://localhost:1/missing', 'broken'],
    ['http://localhost:1/redirect', 'denied'],
    ['http://127.0.0.1:2/secret', 'denied'],
    ['https://example.com/', 'denied'],
    ['nobody.md', 'broken'],
    ['../../etc/passwd', 'denied'],
  ];
  const resultFor = (found: readonly (readonly [string, string])[]): Promise<ExecuteResult> =>
    resultOf({
      files: 2,
      links: 9,
      counts: { ok: 9 - found.length, broken: 0, denied: 0, skipped: 0 },
      findings: found.map(([target, verdict]) => ({ file: 'a.md', line: 1, target, verdict, detail: '' })),
    });

  it('must have exactly the answers that are known', async () => {
    const judge = expectSampleLinks(servers);
    expect(judge(await resultFor(answers)).met).toBe(true);
    expect(judge(await resultFor(answers.slice(1))).met).toBe(false);
    expect(judge(await resultFor([...answers.slice(1), ['http://localhost:1/missing', 'denied']])).met).toBe(false);
  });
});

describe('a plugin that returns something else', () => {
  it.each([
    ['a report', expectReport],
    ['a review', expectReview],
    ['the sample of a review', expectSampleReview],
    ['a list of attempts', expectEscapesRefused],
  ])('than %s has not done what it should', async (_, judge) => {
    for (const data of [undefined, null, [], { summary: { manifests: -1 } }, { files: 'many' }, { attempts: [{}] }]) {
      expect(judge(await resultOf(data))).toMatchObject({ met: false, text: 'returned something else' });
    }
  });

  it('does what it should where nothing is known of it', async () => {
    expect(expectOk(await resultOf('anything')).met).toBe(true);
    expect(expectOk(await resultOf({}, 'throws'))).toMatchObject({ met: false, text: 'failed: ERR_HANDLER_FAILED' });
  });
});
