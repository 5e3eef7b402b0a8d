import { MAX_ISSUES } from '@kb-labs/contracts';
import type { GuestPhase, Issue, LogLevel, LogSource } from '@kb-labs/contracts';
import { parseGuestError } from './guest-error.js';
import { MAX_TRACK_NAME } from './messages.js';
import type { GuestFailureKind, GuestMessage, RunMessage } from './messages.js';

const LEVELS: ReadonlySet<unknown> = new Set<LogLevel>(['trace', 'debug', 'info', 'warn', 'error']);
const SOURCES: ReadonlySet<unknown> = new Set<LogSource>(['log', 'console', 'stdout', 'stderr', 'sandbox']);
const PHASES: ReadonlySet<unknown> = new Set<GuestPhase>(['load', 'input', 'handler', 'output']);
const KINDS: ReadonlySet<unknown> = new Set<GuestFailureKind>([
  'not-found',
  'threw',
  'issues',
  'unsendable',
  'too-large',
]);

/** Makes what came over the wire into a message, or returns `undefined`: unknown words, wrong shapes and ids that no call can have. */
export function parseGuestMessage(value: unknown): GuestMessage | undefined {
  if (!isRecord(value)) return undefined;
  const { t, run, version, ok } = value;
  if (t === 'ready') return typeof version === 'number' ? { t, version } : undefined;
  if (t === 'loaded') return typeof ok === 'boolean' ? { t, ok } : undefined;
  const message = isId(run) ? parseRunMessage(value) : undefined;
  return message === undefined || !isId(run) ? undefined : { ...message, run };
}

function parseRunMessage(value: Record<string, unknown>): RunMessage | undefined {
  switch (value['t']) {
    case 'call':
      return parseCall(value);
    case 'cancel':
      return isId(value['id']) ? { t: 'cancel', id: value['id'] } : undefined;
    case 'log':
      return parseLog(value);
    case 'progress':
      return parseProgress(value);
    case 'track':
      return parseTrack(value);
    case 'result':
      return parseResult(value);
    case 'done':
      return parseDone(value);
    default:
      return undefined;
  }
}

function parseCall(value: Record<string, unknown>): RunMessage | undefined {
  const { id, name, args } = value;
  if (!isId(id) || typeof name !== 'string' || name.length > 128 || !Array.isArray(args) || args.length > 16)
    return undefined;
  return { t: 'call', id, name, args };
}

function parseLog(value: Record<string, unknown>): RunMessage | undefined {
  const { level, source, text, fields } = value;
  if (!isLevel(level) || !isSource(source) || typeof text !== 'string' || !isPlain(fields)) return undefined;
  return { t: 'log', level, source, text, fields };
}

function parseProgress(value: Record<string, unknown>): RunMessage | undefined {
  const { message, fraction } = value;
  if (typeof message !== 'string') return undefined;
  if (fraction === undefined) return { t: 'progress', message, fraction };
  return typeof fraction === 'number' && fraction >= 0 && fraction <= 1
    ? { t: 'progress', message, fraction }
    : undefined;
}

function parseTrack(value: Record<string, unknown>): RunMessage | undefined {
  const { name, attributes } = value;
  if (typeof name !== 'string' || name === '' || name.length > MAX_TRACK_NAME) return undefined;
  return isPlain(attributes) ? { t: 'track', name, attributes } : undefined;
}

function parseResult(value: Record<string, unknown>): RunMessage | undefined {
  const isLast = value['isLast'] === true;
  if (value['ok'] === true && Object.hasOwn(value, 'value'))
    return { t: 'result', ok: true, value: value['value'], isLast };
  const { phase, kind, message, error, issues, bytes } = value;
  if (value['ok'] !== false || !isPhase(phase) || !isKind(kind) || typeof message !== 'string') return undefined;
  const parsedIssues = Array.isArray(issues) ? issues.slice(0, MAX_ISSUES).map(parseIssue) : [];
  return {
    t: 'result',
    ok: false,
    phase,
    kind,
    message: message.slice(0, 2_048),
    error: error === undefined ? undefined : parseGuestError(error),
    issues: parsedIssues,
    isLast,
    bytes: typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined,
  };
}

function parseIssue(value: unknown): Issue {
  const { pointer, message } = isRecord(value) ? value : {};
  return {
    pointer: typeof pointer === 'string' ? pointer.slice(0, 512) : '',
    message: typeof message === 'string' ? message.slice(0, 512) : 'invalid',
  };
}

function parseDone(value: Record<string, unknown>): RunMessage | undefined {
  const { leaked, reusable } = value;
  if (!Array.isArray(leaked) || typeof reusable !== 'boolean') return undefined;
  const names = leaked.slice(0, 16).filter((name): name is string => typeof name === 'string');
  return { t: 'done', leaked: names.map((name) => name.slice(0, 64)), reusable };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** No Map, Date or Error: members by name alone. */
function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && Object.getPrototypeOf(value) === Object.prototype;
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isLevel(value: unknown): value is LogLevel {
  return LEVELS.has(value);
}

function isSource(value: unknown): value is LogSource {
  return SOURCES.has(value);
}

function isPhase(value: unknown): value is GuestPhase {
  return PHASES.has(value);
}

function isKind(value: unknown): value is GuestFailureKind {
  return KINDS.has(value);
}
