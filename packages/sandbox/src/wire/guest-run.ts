import { MAX_ISSUES, settledValue } from '@kb-labs/contracts';
import type { GuestPhase, HandlerModule, Issue, OutputPart } from '@kb-labs/contracts';
import type { GuestContext } from './guest-context.js';
import { describeThrown } from './guest-error.js';
import type { GuestFailureKind, GuestFailureMessage } from './messages.js';
import { decodeValue } from './decode-value.js';
import { encodeValue } from './encode-value.js';
import { isInstance } from './is-instance.js';
import { extendPointer, parsePointer, resolvePointer } from './json-pointer.js';
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
  readonly outputParts: readonly OutputPart[];
  readonly input: unknown;
  readonly root: string;
  readonly maxResultBytes: number;
}

/** How a run ended: a value that may leave and is small enough, or where and how it failed. */
export type GuestVerdict<Value = EncodedValue> = { readonly ok: true; readonly value: Value } | GuestFailureMessage;

/** Makes of what a handler gave back what leaves the guest. */
export interface OutputSeal<Value> {
  /** Throws `UnsendableError`. `bytes` is what it takes on the wire. */
  close(output: unknown): { readonly value: Value; readonly bytes: number };
  /** What the host will have of it, in a copy. */
  copy(value: Value): unknown;
}

/** As the wire carries it. */
const ENCODED: OutputSeal<EncodedValue> = {
  close(output) {
    const value = encodeValue(output);
    return { value, bytes: measureValue(value) };
  },
  copy: decodeValue,
};

/** Leads one run inside the guest: load, input schema, handler, output schema, parts. Never rejects. */
export function runInGuest(task: GuestTask, context: GuestContext, load: ModuleLoader): Promise<GuestVerdict> {
  return runSealed(task, context, { load, seal: ENCODED });
}

/** Whence modules come, and in which form an output leaves. */
interface RunParts<Value> {
  readonly load: ModuleLoader;
  readonly seal: OutputSeal<Value>;
}

/** The same, with an output in another form. */
export async function runSealed<Value>(
  task: GuestTask,
  context: GuestContext,
  { load, seal }: RunParts<Value>,
): Promise<GuestVerdict<Value>> {
  let phase: GuestPhase = 'load';
  try {
    const loading = load(task.handler.file);
    const loaded = settledValue(loading)?.value ?? (await loading);
    const handler = asFunction(task.handler, exportOf(task.handler, loaded.namespace));
    const inputSchema = task.inputSchema === undefined ? undefined : await loadSchema(task.inputSchema, load);
    const outputSchema = task.outputSchema === undefined ? undefined : await loadSchema(task.outputSchema, load);
    const parts = task.outputParts.length === 0 ? NO_PARTS : await loadParts(task.outputParts, load);
    phase = 'input';
    const input = inputSchema === undefined ? task.input : await applySchema(inputSchema, task.input);
    phase = 'handler';
    const output: unknown = await Reflect.apply(handler, undefined, [input, context.ctx]);
    phase = 'output';
    const { value, bytes } = seal.close(outputSchema === undefined ? output : await applySchema(outputSchema, output));
    if (bytes > task.maxResultBytes) return tooLarge(bytes);
    if (parts.length > 0) await checkParts(parts, seal.copy(value));
    return { ok: true, value };
  } catch (error) {
    return describeFailure(error, phase, task.root);
  }
}

const NO_PARTS: readonly LoadedPart[] = [];

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
  return exportOf(module, namespace);
}

function exportOf(module: HandlerModule, namespace: Readonly<Record<string, unknown>>): unknown {
  if (!Object.prototype.propertyIsEnumerable.call(namespace, module.export)) {
    throw new NotFoundError(`the module has no export "${module.export}"`);
  }
  return namespace[module.export];
}

function asFunction(module: HandlerModule, made: unknown): (...args: unknown[]) => unknown {
  if (typeof made !== 'function') throw new NotFoundError(`the export "${module.export}" is no function`);
  return (...args) => Reflect.apply(made, undefined, args);
}

type Validate = (value: unknown) => unknown;

/** The `validate` of a Standard Schema (https://standardschema.dev). Vendors such as ArkType make schemas that are functions. */
async function loadSchema(module: HandlerModule, load: ModuleLoader): Promise<Validate> {
  const schema = await loadExport(module, load);
  const standard = isObject(schema) ? Reflect.get(schema, '~standard') : undefined;
  const validate = isObject(standard) ? Reflect.get(standard, 'validate') : undefined;
  if (typeof validate !== 'function') throw new NotFoundError(`the export "${module.export}" is no Standard Schema`);
  return (value) => Reflect.apply(validate, standard, [value]);
}

async function applySchema(validate: Validate, value: unknown): Promise<unknown> {
  const result = await validate(value);
  if (!isObject(result)) throw new TypeError('a Standard Schema must answer with an object');
  const issues: unknown = Reflect.get(result, 'issues');
  if (issues === undefined || issues === null) return Reflect.get(result, 'value');
  throw new IssuesError(Array.isArray(issues) ? issues.slice(0, MAX_ISSUES).map(describeIssue) : []);
}

interface LoadedPart {
  readonly pointer: string;
  readonly tokens: readonly string[];
  readonly validate: Validate;
}

async function loadParts(parts: readonly OutputPart[], load: ModuleLoader): Promise<readonly LoadedPart[]> {
  const loaded: LoadedPart[] = [];
  for (const { pointer, schema } of parts) {
    loaded.push({ pointer, tokens: parsePointer(pointer), validate: await loadSchema(schema, load) });
  }
  return loaded;
}

/** The schemas see the output as the host will, and a copy: what they make of it, or do to it, changes nothing. */
async function checkParts(parts: readonly LoadedPart[], copy: unknown): Promise<void> {
  for (const { pointer, tokens, validate } of parts) {
    const part = resolvePointer(copy, tokens);
    if (part === undefined) continue;
    try {
      await applySchema(validate, part);
    } catch (error) {
      if (!isInstance(error, IssuesError)) throw error;
      throw new IssuesError(error.issues.map((issue) => ({ ...issue, pointer: `${pointer}${issue.pointer}` })));
    }
  }
}

function describeIssue(issue: unknown): Issue {
  const message: unknown = isObject(issue) ? Reflect.get(issue, 'message') : undefined;
  const path: unknown = isObject(issue) ? Reflect.get(issue, 'path') : undefined;
  const keys = Array.isArray(path)
    ? path.map((part: unknown) => (isObject(part) ? Reflect.get(part, 'key') : part))
    : [];
  const pointer = keys.reduce((start: string, key) => extendPointer(start, String(key)), '');
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

/** The verdict on a value that takes so many bytes, which are too many. */
export function tooLarge(bytes: number): GuestFailureMessage {
  return { ...fail('output', 'too-large', `the result takes ${bytes} bytes`), bytes };
}

function fail(phase: GuestPhase, kind: GuestFailureKind, message: string): GuestFailureMessage {
  const cut = message.slice(0, 2_048);
  return { t: 'result', ok: false, phase, kind, message: cut, error: undefined, issues: [], bytes: undefined };
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
