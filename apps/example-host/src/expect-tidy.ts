import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecuteResult, OperationRecord } from '@kb-labs/plugin-runtime';
import { z } from 'zod';
import { judge } from './judge.js';
import { TIDY_FILES, UNTIDY_FILES } from './scene-files.js';
import type { Verdict } from './verdict.js';

const count = z.int().min(0);

const tidySchema = z.object({
  files: count,
  untidy: z.array(z.string()),
  confirmed: z.boolean(),
  written: count,
  noted: z.boolean(),
});

type Judge = (result: ExecuteResult) => Promise<Verdict>;

/** A dry run that says what it would do, and after which each of these files is as it was. */
export function expectTidyFolder(folder: string): Judge {
  return async (result) => {
    const touched = await findTouched(folder, result.operations);
    return judge(result, tidySchema, ({ files, untidy }) => ({
      met: touched.length === 0 && result.operations.length === untidy.length,
      text: `${files} documents, ${untidy.length} would be changed, and none was`,
      findings: touched.map((file) => `${file} was changed`),
    }));
  };
}

/** The sample as it should be, unless nothing may be changed at all. */
export function expectTidySample(folder: string, dryRun: boolean): Judge {
  return async (result) => {
    const isRight = await holds(folder, dryRun ? UNTIDY_FILES : TIDY_FILES);
    return judge(result, tidySchema, ({ files, written, noted }) => ({
      met: isRight && written === 2 && noted && result.operations.length === 3,
      text: `${files} documents, ${written} ${dryRun ? 'would be tidied' : 'tidied'}, and it is noted`,
      findings: result.operations.map(describeOperation),
    }));
  };
}

/** The same sample, in which nothing may have happened because nobody said yes. */
export function expectUntouched(folder: string): Judge {
  return async (result) => {
    const isUntouched = await holds(folder, UNTIDY_FILES);
    return judge(result, tidySchema, ({ untidy, confirmed, written }) => ({
      met: isUntouched && !confirmed && written === 0 && result.operations.length === 0,
      text: `${untidy.length} untidy, and left so`,
      findings: [],
    }));
  };
}

/** `fs.writeFile README.md: 12 bytes, 10 afterwards`. */
export function describeOperation({ name, target, before, after, reversible }: OperationRecord): string {
  const sizes = [before?.bytes, after?.bytes].map((bytes) => (bytes === undefined ? 'nothing' : `${bytes} bytes`));
  return `${name} ${target}: ${sizes.join(', then ')}${reversible ? '' : ', not to be taken back'}`;
}

/** Targets whose bytes are not those that the host saw before the first operation on them. */
async function findTouched(folder: string, operations: readonly OperationRecord[]): Promise<readonly string[]> {
  const first = new Map(operations.toReversed().map(({ target, before }) => [target, before?.sha256]));
  const checked = await Promise.all(
    [...first].map(async ([target, before]) => {
      const bytes = await readFile(join(folder, target)).catch(() => undefined);
      const now = bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex');
      return now === before ? [] : [target];
    }),
  );
  return checked.flat();
}

async function holds(folder: string, files: Readonly<Record<string, string>>): Promise<boolean> {
  const names = await readdir(folder);
  if (names.toSorted().join() !== Object.keys(files).toSorted().join()) return false;
  const texts = await Promise.all(Object.keys(files).map((name) => readFile(join(folder, name), 'utf8')));
  return Object.values(files).every((text, index) => text === texts[index]);
}
