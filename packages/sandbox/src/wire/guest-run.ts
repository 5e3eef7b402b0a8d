import { MAX_ISSUES } from '@kb-labs/contracts';
import type { GuestPhase, HandlerModule, Issue } from '@kb-labs/contracts';
import type { GuestContext } from './guest-context.js';
import { describeThrown } from './guest-error.js';
import type { GuestFailureKind, GuestFailureMessage } from './messages.js';
import { encodeValue } from './encode-value.js';
import { measureValue } from './output-budget.js';
import { UnsendableError } from './wire-value.js';
import type { EncodedValue } from './wire-value.js';

/** Loads a module of the plugin. The namespace is returned in a box, for one with an export named `then` must never be awaited raw. */
export type ModuleLoader = (file: string) => Promise<{ readonly namespace: Readonly<Record<string, unknown>> }>;

/** One run as the guest's side sees it: modules to load, and the input, not checked yet. */
export interface GuestTask {
  readonly handler: HandlerModule;
  readonly inputSchema: HandlerModule | undefined;
  readonly outputSchema: HandlerModule | undefined;
  readonly input: unknown;
  readonly root: string;
  readonly maxResultBytes: number;
}

/** How a run ended: a value that is encoded and small enough, or where and how it failed. */
export type GuestVerdict = { readonly ok: true; readonly value: EncodedValue } | GuestFailureMessage;

/** Leads one run inside the guest: load, input schema, handler, output schema. Never rejects. */
export async function runInGuest(task: GuestTask, context: GuestContext, load: ModuleLoader): Promise<GuestVerdict> {
  let phase: GuestPhase = 'load';
  try {
    const handler = await loadFunction(task.handler, load);
    const inputSchema = await loadSchema(task.inputSchema, load);
    const outputSchema = await loadSchema(task.outputSchema, load);
    phase = 'input';
    const input = await applySchema(inputSchema, task.input);
    phase = 'handler';
    const output: unknown = await Reflect.apply(handler, undefined, [input, context.ctx]);
    phase = 'output';
    const value = encodeValue(await applySchema(outputSchema, output));
    const bytes = measureValue(value);
    return bytes > task.maxResultBytes
      ? { ...fail('output', 'too-large', `the result takes ${bytes} bytes`), bytes }
      : { ok: true, value };
  } catch (error) {
    return describeFailure(error, phase, task.root);
  }
}

class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

class IssuesError extends Error {
  override readonly name = 'IssuesError';
  readonly issues: readonly Issue[];

  constructor(issues: readonly Issue[]) {
    super(issues.map((issue) => `${issue.pointer === '' ? 'the value' : issue.pointer}: ${issue.message}`).join('; '));
    this.issues = issues;
  }
}

async function loadExport(module: HandlerModule, load: ModuleLoader): Promise<unknown> {
  const { namespace } = await load(module.file);
  if (!Object.prototype.propertyIsEnumerable.call(namespace, module.export)) {
    throw new NotFoundError(`the module has no export "${module.export}"`);
  }
  return namespace[module.export];
}

async function loadFunction(module: HandlerModule, load: ModuleLoader): Promise<(...args: unknown[]) => unknown> {
  const made = await loadExport(module, load);
  if (typeof made !== 'function') throw new NotFoundError(`the export "${module.export}" is no function`);
  return (...args) => Reflect.apply(made, undefined, args);
}

type Validate = (value: unknown) => unknown;

/** The `validate` of a Standard Schema (https://standardschema.dev). Vendors such as ArkType make schemas that are functions. */
async function loadSchema(module: HandlerModule | undefined, load: ModuleLoader): Promise<Validate | undefined> {
  if (module === undefined) return undefined;
  const schema = await loadExport(module, load);
  const standard = isObject(schema) ? Reflect.get(schema, '~standard') : undefined;
  const validate = isObject(standard) ? Reflect.get(standard, 'validate') : undefined;
  if (typeof validate !== 'function') throw new NotFoundError(`the export "${module.export}" is no Standard Schema`);
  return (value) => Reflect.apply(validate, standard, [value]);
}

async function applySchema(validate: Validate | undefined, value: unknown): Promise<unknown> {
  if (validate === undefined) return value;
  const result = await validate(value);
  if (!isObject(result)) throw new TypeError('a Standard Schema must answer with an object');
  const issues: unknown = Reflect.get(result, 'issues');
  if (issues === undefined || issues === null) return Reflect.get(result, 'value');
  throw new IssuesError(Array.isArray(issues) ? issues.slice(0, MAX_ISSUES).map(describeIssue) : []);
}

function describeIssue(issue: unknown): Issue {
  const message: unknown = isObject(issue) ? Reflect.get(issue, 'message') : undefined;
  const path: unknown = isObject(issue) ? Reflect.get(issue, 'path') : undefined;
  const keys = Array.isArray(path)
    ? path.map((part: unknown) => (isObject(part) ? Reflect.get(part, 'key') : part))
    : [];
  const pointer = keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { pointer, message: typeof message === 'string' ? message : 'invalid' };
}

/** The verdict that a thrown value makes of a run. */
export function describeFailure(error: unknown, phase: GuestPhase, root: string): GuestFailureMessage {
  if (isInstance(error, NotFoundError)) return fail(phase, 'not-found', error.message);
  if (isInstance(error, IssuesError)) return { ...fail(phase, 'issues', error.message), issues: error.issues };
  if (isInstance(error, UnsendableError)) return fail(phase, 'unsendable', error.message);
  const described = describeThrown(error, root);
  if (phase === 'output') return { ...fail(phase, 'unsendable', 'the result cannot be read'), error: described };
  return { ...fail(phase, 'threw', described.message), error: described };
}

function isInstance<Made>(value: unknown, Maker: new (...args: never) => Made): value is Made {
  try {
    return value instanceof Maker;
  } catch {
    // A proxy whose traps throw, or a revoked one: it is nothing that was made here.
    return false;
  }
}

function fail(phase: GuestPhase, kind: GuestFailureKind, message: string): GuestFailureMessage {
  const cut = message.slice(0, 2_048);
  return { t: 'result', ok: false, phase, kind, message: cut, error: undefined, issues: [], bytes: undefined };
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
