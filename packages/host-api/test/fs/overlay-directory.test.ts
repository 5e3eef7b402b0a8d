import { execFileSync } from 'node:child_process';
import { linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperationRecord } from '@kb-labs/contracts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeFolder, openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

/** The same folder, wherever it is made: files, folders, links in and out, a second name, a FIFO, and what is denied. */
function furnish(outer: string): string {
  const root = join(outer, 'ws');
  for (const folder of ['d/e/f', 'empty', 'secret/in', '.git']) mkdirSync(join(root, folder), { recursive: true });
  for (const file of ['a', 'd/a', 'd/e/a', 'd/e/f/a', 'secret/key', '.git/config', 'hard']) {
    writeFileSync(join(root, file), `content of ${file}`);
  }
  writeFileSync(join(outer, 'outside'), 'SECRET');
  symlinkSync('../outside', join(root, 'out'));
  symlinkSync('d', join(root, 'inner'));
  symlinkSync('nowhere', join(root, 'd/dangling'));
  linkSync(join(root, 'hard'), join(root, 'd/hard'));
  execFileSync('mkfifo', [join(root, 'fifo')]);
  return root;
}

/** All that can be seen of a folder from outside, so that a change of any kind shows. */
function photograph(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .concat('.')
    .sort()
    .map((name) => {
      const stats = lstatSync(join(folder, name), { bigint: true });
      const content = stats.isFile() ? readFileSync(join(folder, name), 'base64') : '';
      return [name, stats.ino, stats.mode, stats.nlink, stats.mtimeNs, stats.ctimeNs, content].join(' ');
    });
}

const SPEC = {
  fs: { mode: 'readWrite', allow: ['.'], deny: ['secret', 'd/e/f/b', 'b/denied'] },
  quotas: { maxEntriesWritten: 40, maxBytesWritten: 400, maxEntriesRead: 100_000 },
} as const;

type Call = readonly [name: string, ...args: readonly unknown[]];

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'd', 'd', 'empty', 'hard'];
const LIKELY = [
  'a',
  'd/a',
  'd',
  'd/e',
  'd/e/a',
  'd/e/f',
  'd/e/f/a',
  'empty',
  'empty/a',
  'b',
  'b/a',
  'b/e',
  'c',
  'hard',
];
const ODD = [
  'out',
  'inner',
  'inner/a',
  'd/dangling',
  'd/hard',
  'fifo',
  'fifo/x',
  'secret',
  'secret/key',
  '.git/config',
];
const MALFORMED = ['.', '..', '../outside', 'a/', './d', `${'n'.repeat(256)}`, `new/${'n'.repeat(256)}`, '', 'a\0'];

const path = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...LIKELY) },
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 4 }).map((all) => all.join('/')),
  },
  { weight: 2, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: fc.constantFrom(...MALFORMED) },
);
const data = fc.oneof(fc.constantFrom('', 'x', 'ä€𝄞', 'y'.repeat(90)), fc.uint8Array({ maxLength: 20 }));
const recursive = fc.constantFrom({}, { recursive: true }, { recursive: true });

const change: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(fc.constant('fs.writeFile'), path, data),
  fc.tuple(fc.constant('fs.appendFile'), path, data),
  fc.tuple(fc.constant('fs.mkdir'), path, recursive),
  fc.tuple(fc.constant('fs.remove'), path, recursive),
  fc.tuple(fc.constant('fs.rename'), path, path),
  fc.tuple(fc.constant('fs.rename'), path, path),
  fc.tuple(fc.constant('fs.copy'), path, path),
);
const question: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(fc.constant('fs.readFile'), path, fc.constant('utf8')),
  fc.tuple(fc.constant('fs.readDir'), path),
  fc.tuple(fc.constant('fs.stat'), path),
  fc.tuple(fc.constant('fs.glob'), fc.constantFrom('**', 'd/**', '*/a', 'd/*/?', 'b/**', 'd/a')),
);

/** An answer that two folders can share: all but the time. */
async function ask({ call }: OpenHost, [name, ...args]: Call): Promise<string> {
  const answer = await outcome(call(name, ...args));
  return answer.replaceAll(/"modifiedAt":"[^"]*"/gu, '');
}

/** Everything there is to see through the host: names and kinds, and what is in the files. */
async function explore(host: OpenHost, folder: string = '.'): Promise<readonly string[]> {
  const listing = await ask(host, ['fs.readDir', folder]);
  const names = [...listing.matchAll(/"name":"([^"]*)"/gu)].map((match) => `${folder}/${match[1]}`);
  const below = await Promise.all(names.map(async (name) => explore(host, name)));
  const facts = [await ask(host, ['fs.stat', folder]), await ask(host, ['fs.readFile', folder, 'utf8'])];
  return [`${folder}: ${listing} ${facts.join(' ')}`, ...below.flat()];
}

describe('a dry run', () => {
  it('answers, refuses, asks and records as a real run does, and changes nothing', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(change, change, question), { minLength: 1, maxLength: 30 }), async (calls) => {
        const done: OperationRecord[] = [];
        const foreseen: OperationRecord[] = [];
        const real = openHost(furnish(makeFolder()), SPEC, { operations: (record) => done.push(record) });
        const outer = makeFolder();
        const dry = openHost(furnish(outer), SPEC, { dryRun: true, operations: (record) => foreseen.push(record) });
        const before = photograph(outer);
        for (const each of calls) expect([each, await ask(dry, each)]).toEqual([each, await ask(real, each)]);
        expect(dry.audits).toEqual(real.audits);
        expect(foreseen).toEqual(done.map((record) => ({ ...record, dryRun: true })));
        expect(await explore(dry)).toEqual(await explore(real));
        for (const name of ['maxEntriesWritten', 'maxBytesWritten', 'maxBytesRead', 'maxEntriesRead'] as const) {
          expect([name, dry.meter.used(name)]).toEqual([name, real.meter.used(name)]);
        }
        expect(photograph(outer)).toEqual(before);
      }),
      { seed: 1, numRuns: 150 },
    );
  });
});
