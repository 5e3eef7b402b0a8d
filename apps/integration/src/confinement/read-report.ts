/** What a test run tells about claims and rows: one report of vitest's JSON reporter, of one version of Node. */
export interface TestReport {
  readonly machine: Machine;
  readonly claims: readonly Claim[];
  readonly rows: readonly RowTest[];
}

interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly kernel: string;
}

/** One claim of one adapter, as `recordClaim` of `@kb-labs/conformance` has put it into the report. */
export interface Claim {
  readonly adapter: string;
  readonly confinement: string;
  readonly claimed: string;
  readonly attacks: readonly { readonly name: string; readonly held: boolean }[];
}

export type TestStatus = 'passed' | 'skipped' | 'failed';

/** A test that begins with the id of a row of the attack corpus, and the place that it ran in. */
export interface RowTest {
  readonly id: string;
  readonly place: string;
  readonly status: TestStatus;
}

/** Reads a parsed report. Throws where it is none, and where no claim says which Node it is about. */
export function readReport(report: unknown): TestReport {
  const files = listOf(fieldOf(report, 'testResults', 'a report'));
  const tests = files.flatMap((file) => listOf(fieldOf(file, 'assertionResults', 'a file of the report')));
  const found = tests.flatMap((test) => {
    const claim: unknown = Reflect.get(objectOf(fieldOf(test, 'meta', 'a test')), 'kbClaim');
    return claim === undefined ? [] : [claim];
  });
  const [first] = found;
  if (first === undefined) throw new Error('no test of the report has attacked an adapter');
  const machine = fieldOf(first, 'machine', 'a claim');
  return {
    machine: {
      node: textOf(machine, 'node'),
      platform: textOf(machine, 'platform'),
      kernel: textOf(machine, 'kernel'),
    },
    claims: found.map(readClaim),
    rows: tests.flatMap(readRow),
  };
}

function readClaim(claim: unknown): Claim {
  return {
    adapter: textOf(claim, 'adapter'),
    confinement: textOf(claim, 'confinement'),
    claimed: textOf(claim, 'claimed'),
    attacks: listOf(fieldOf(claim, 'attacks', 'a claim')).map((attack) => ({
      name: textOf(attack, 'name'),
      held: fieldOf(attack, 'held', 'an attack') === true,
    })),
  };
}

function readRow(test: unknown): RowTest[] {
  const [place] = listOf(fieldOf(test, 'ancestorTitles', 'a test'));
  const status = textOf(test, 'status');
  return rowIdsOf(textOf(test, 'title')).map((id) => ({
    id,
    place: typeof place === 'string' ? place : '',
    status: status === 'passed' || status === 'failed' ? status : 'skipped',
  }));
}

/** The ids that a title begins with: `A01 denies…`, `F01, F02 refuse…`. */
export function rowIdsOf(title: string): string[] {
  const [head = ''] = /^(?:[A-Q]\d\d(?:,| and)? )+/.exec(title) ?? [];
  return head.match(/[A-Q]\d\d/g) ?? [];
}

function fieldOf(value: unknown, name: string, what: string): unknown {
  const field: unknown = Reflect.get(objectOf(value), name);
  if (field === undefined) throw new Error(`${what} has no ${name}`);
  return field;
}

function objectOf(value: unknown): object {
  if (typeof value !== 'object' || value === null) throw new Error('an object is missing');
  return value;
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('a list is missing');
  return value;
}

function textOf(value: unknown, name: string): string {
  const text = fieldOf(value, name, 'an entry');
  if (typeof text !== 'string') throw new Error(`${name} is no text`);
  return text;
}
