import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OperationRecord, OperationState } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, makeFolder, openHost, outcome } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const MIB = 1_048_576;

function file(content: string | Uint8Array): OperationState {
  const bytes = Buffer.from(content);
  return { kind: 'file', bytes: bytes.byteLength, sha256: createHash('sha256').update(bytes).digest('hex') };
}

const FOLDER: OperationState = { kind: 'directory', bytes: undefined, sha256: undefined };

function openRecorded(root: string): OpenHost & { readonly told: OperationRecord[] } {
  const told: OperationRecord[] = [];
  return { ...openHost(root, EVERYTHING, { operations: (record) => told.push(record) }), told };
}

describe('the record of a change', () => {
  it('names what was done, where, and what stood there before and after', async () => {
    const root = makeFolder();
    const { call, told } = openRecorded(root);
    await call('fs.mkdir', './folder/in', { recursive: true });
    await call('fs.writeFile', 'a', 'one');
    await call('fs.writeFile', 'a', 'two');
    await call('fs.writeFile', 'a', 'two');
    await call('fs.appendFile', 'a', '!');
    await call('fs.appendFile', 'b', 'new');
    await call('fs.copy', 'a', 'c');
    await call('fs.rename', 'b', 'folder/b');
    await call('fs.rename', 'folder', 'moved');
    await call('fs.rename', 'a', 'c');
    await call('fs.remove', 'c');
    await call('fs.remove', 'moved', { recursive: true });
    const facts = told.map(({ name, target, destination, before, after, reversible }) => [
      [name, target, destination, reversible],
      before,
      after,
    ]);
    expect(facts).toEqual([
      [['fs.mkdir', './folder/in', undefined, true], undefined, FOLDER],
      [['fs.writeFile', 'a', undefined, true], undefined, file('one')],
      [['fs.writeFile', 'a', undefined, false], file('one'), file('two')],
      [['fs.writeFile', 'a', undefined, true], file('two'), file('two')],
      [['fs.appendFile', 'a', undefined, true], file('two'), file('two!')],
      [['fs.appendFile', 'b', undefined, true], undefined, file('new')],
      [['fs.copy', 'a', 'c', true], undefined, file('two!')],
      [['fs.rename', 'b', 'folder/b', true], undefined, file('new')],
      [['fs.rename', 'folder', 'moved', true], undefined, FOLDER],
      [['fs.rename', 'a', 'c', true], file('two!'), file('two!')],
      [['fs.remove', 'c', undefined, false], file('two!'), undefined],
      [['fs.remove', 'moved', undefined, false], FOLDER, undefined],
    ]);
    expect(told.every((record) => !record.dryRun && Object.isFrozen(record))).toBe(true);
  });

  it('tells nothing of what failed, was refused or was so already', async () => {
    const root = makeFolder();
    mkdirSync(join(root, 'folder'));
    symlinkSync('folder', join(root, 'link'));
    writeFileSync(join(root, 'hard'), 'x');
    linkSync(join(root, 'hard'), join(root, 'second'));
    const { call, told } = openRecorded(root);
    const calls = [
      call('fs.writeFile', 'none/a', 'x'),
      call('fs.writeFile', 'link/a', 'x'),
      call('fs.appendFile', 'hard', 'x'),
      call('fs.writeFile', '.env', 'x'),
      call('fs.mkdir', 'folder'),
      call('fs.remove', 'none'),
      call('fs.rename', 'hard', 'folder'),
      call('fs.copy', 'hard', 'second'),
    ];
    for (const each of calls) expect(await outcome(each)).toMatch(/^ERR_/);
    await call('fs.mkdir', 'folder', { recursive: true });
    expect(told).toEqual([]);
  });

  it('has no digest beyond 1 MiB, and the right one at it', async () => {
    const root = makeFolder();
    const { call, told } = openRecorded(root);
    const full = new Uint8Array(MIB).fill(7);
    await call('fs.writeFile', 'a', full);
    await call('fs.appendFile', 'a', 'x');
    await call('fs.copy', 'a', 'b');
    await call('fs.remove', 'a');
    const large = { kind: 'file', bytes: MIB + 1, sha256: undefined };
    expect(told.map(({ before, after }) => [before, after])).toEqual([
      [undefined, file(full)],
      [file(full), large],
      [undefined, large],
      [large, undefined],
    ]);
  });

  it('reads through no link, and charges no quota for looking', async () => {
    const root = makeFolder();
    writeFileSync(join(root, 'a'), 'old');
    symlinkSync('a', join(root, 'link'));
    const { call, told, meter } = openRecorded(root);
    await call('fs.remove', 'link');
    await call('fs.writeFile', 'a', 'new');
    expect(told.map(({ before }) => before)).toEqual([
      { kind: 'file', bytes: undefined, sha256: undefined },
      file('old'),
    ]);
    expect(meter.used('maxBytesRead')).toBe(0);
  });

  it('follows a file that is added to, also where somebody else changes it in between', async () => {
    const root = makeFolder();
    const { call, told } = openRecorded(root);
    const steps: (() => unknown)[] = [
      () => call('fs.appendFile', 'a', '1'),
      () => call('fs.appendFile', 'a', '2'),
      () => call('fs.appendFile', 'b', 'other'),
      () => call('fs.appendFile', 'a', '3'),
      () => writeFileSync(join(root, 'a'), 'longer'),
      () => call('fs.appendFile', 'a', '4'),
      () => call('fs.writeFile', 'a', 'anew!!!'),
      () => call('fs.appendFile', 'a', '5'),
      () => outcome(call('fs.appendFile', 'a/b', 'x')),
      () => call('fs.appendFile', 'a', '6'),
    ];
    for (const step of steps) await step();
    const contents = ['1', '12', 'other', '123', 'longer4', 'anew!!!', 'anew!!!5', 'anew!!!56'];
    expect(told.map(({ after }) => after)).toEqual(contents.map(file));
    expect(told.at(-1)?.before).toEqual(file('anew!!!5'));
  });

  it('goes to a listener that may throw, and the call does not show it', async () => {
    const root = makeFolder();
    const { call } = openHost(root, EVERYTHING, {
      operations: () => {
        throw new Error('full');
      },
    });
    expect(await outcome(call('fs.writeFile', 'a', 'x'))).toBe('resolved: undefined');
    expect(readFileSync(join(root, 'a'), 'utf8')).toBe('x');
  });

  it('cuts what a plugin wrote at 1 024 characters', async () => {
    const { call, told } = openRecorded(makeFolder());
    await call('fs.writeFile', `${'./'.repeat(1000)}a`, 'x');
    expect(told[0]?.target.length).toBeLessThanOrEqual(1024);
  });
});
