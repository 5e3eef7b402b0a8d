import { lookup } from 'node:dns/promises';
import { performance } from 'node:perf_hooks';
import { createError, MAX_MESSAGE_BYTES } from '@kb-labs/contracts';
import type {
  ArtifactAccess,
  AuditRecord,
  Clock,
  EventPort,
  InvokePort,
  OperationRecord,
  PermissionPolicy,
  Presenter,
  QuotaMeter,
} from '@kb-labs/contracts';
import { z } from 'zod';
import type { FetchTimeouts } from './net/fetch-timeouts.js';
import type { Resolve } from './net/resolver.js';
import type { RuleDocument } from './room-patches.js';
import type { CommandRunner } from './shell/command-runner.js';

/** What one run may use, and the limits that no policy knows. A misspelt or malformed option is `ERR_CONFIG_INVALID`. */
export interface HostApiOptions {
  /** What the guest may do. Its `root` must be a real path. */
  readonly policy: PermissionPolicy;
  /** Counts for this run alone, or for several that share a quota. */
  readonly meter: QuotaMeter;
  /** The functions that this guest may call, by the names in `HOST_FUNCTIONS`. */
  readonly functions: readonly string[];
  /** Is told the decisions that `audits` names, in order. Must not throw. */
  readonly audit: (record: AuditRecord) => void;
  /**
   * Which decisions `audit` is told: `all`, or `denials` alone, of the policy, the disk and the rooms alike. With `denials` no record is made of what was
   * allowed, which takes less time; each is still decided and counted. Default: `all`.
   */
  readonly audits?: 'all' | 'denials';
  /**
   * What the rules of `artifacts` and `events` were taken from, in the same order: a denial is then audited with what would lift it.
   * Default: unknown, and no denial of theirs carries a patch.
   */
  readonly documents?: readonly RuleDocument[];
  /** The answer to `env.read`: what `selectEnv` picked. Default: nothing. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Pick<Clock, 'monotonic'>;
  /** Names to addresses. Default: the system's resolver. Every address is checked, wherever it comes from. */
  readonly resolve?: Resolve;
  /**
   * Public addresses of this machine that none of its interfaces has, such as that of a router in front. Names may not lead to them, nor
   * to those of the interfaces, unless a rule names the address. Default: none.
   */
  readonly ownAddresses?: readonly string[];
  /** Refuses files on another device than the root; on Linux, also what is mounted below it from the same device. Default: false. */
  readonly sameDevice?: boolean;
  /** Bytes that one answer may have. Default: what one message to a guest carries, 16 MiB. */
  readonly maxMessageBytes?: number;
  /** Milliseconds. Default: 10 s to connect, 30 s to the response's head, 30 s between two pieces of a body. */
  readonly timeouts?: Partial<FetchTimeouts>;
  /** What this guest may do with artifacts. Whoever made it closes it. Needed for each function `artifacts.*`. */
  readonly artifacts?: ArtifactAccess;
  /** This guest's own port. Whoever opened it disposes of it, after the host API. Needed for each function `events.*`. */
  readonly events?: EventPort;
  /** Needed for `invoke.call`. */
  readonly invoke?: InvokePort;
  /** Default: nobody is there. Messages go nowhere, and every question is answered with no. */
  readonly presenter?: Presenter;
  /** What `createCommandRunner` made, for this run or for many. Needed for `shell.run`. */
  readonly shell?: CommandRunner;
  /** Checks everything, and changes nothing. Default: false. */
  readonly dryRun?: boolean;
  /** Is told every change that was made or, in a dry run, would have been. Must not throw. Default: nobody is. */
  readonly operations?: (record: OperationRecord) => void;
  /** W3C trace context for the guest's requests that carry none of their own. Default: none is added. */
  readonly traceparent?: string;
}

const DEFAULT_TIMEOUTS: FetchTimeouts = { connectMs: 10_000, headersMs: 30_000, bodyMs: 30_000 };

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const milliseconds = z.int().min(1).max(2_147_483_647).optional();

/** What is written by hand and can be wrong; the other options are values that code makes. */
const writtenOptions = z.object({
  functions: z.array(z.string()),
  audits: z.enum(['all', 'denials']).optional(),
  documents: z
    .array(
      z.strictObject({
        document: z.enum(['manifest', 'grant', 'caller']),
        pointer: z.string().regex(/^(?:\/|$)/, 'is no JSON pointer'),
        permissions: z.unknown(),
      }),
    )
    .optional(),
  sameDevice: z.boolean().optional(),
  ownAddresses: z.array(z.union([z.ipv4(), z.ipv6()])).optional(),
  maxMessageBytes: z.int().min(1).optional(),
  timeouts: z.strictObject({ connectMs: milliseconds, headersMs: milliseconds, bodyMs: milliseconds }).optional(),
  dryRun: z.boolean().optional(),
  traceparent: z.string().regex(TRACEPARENT, 'is no traceparent of version 00').optional(),
  artifacts: holding<ArtifactAccess>('readStream', 'writeStream', 'list', 'stat', 'delete', 'wait', 'copy'),
  events: holding<EventPort>('publish', 'stream'),
  invoke: holding<InvokePort>('invoke'),
  presenter: holding<Presenter>('message', 'json', 'error', 'confirm'),
  shell: holding<CommandRunner>('run'),
  operations: z.custom((value) => typeof value === 'function', 'is no function').optional(),
});

/** An object of the host's own with these methods: what it does with them, its maker knows. */
function holding<Port>(...methods: readonly (keyof Port & string)[]): z.ZodType {
  const holds = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    methods.every((method) => typeof Reflect.get(value, method) === 'function');
  return z.custom(holds, `needs the methods ${methods.join(', ')}`).optional();
}

const KNOWN: Readonly<Record<keyof HostApiOptions, true>> = {
  policy: true,
  meter: true,
  functions: true,
  audit: true,
  audits: true,
  documents: true,
  env: true,
  clock: true,
  resolve: true,
  ownAddresses: true,
  sameDevice: true,
  maxMessageBytes: true,
  timeouts: true,
  artifacts: true,
  events: true,
  invoke: true,
  presenter: true,
  shell: true,
  dryRun: true,
  operations: true,
  traceparent: true,
};

/** What a run may do without. */
type RoomOption = 'artifacts' | 'events' | 'invoke' | 'presenter' | 'shell' | 'traceparent';

/** Options with nothing left open. */
export type CompleteHostApiOptions = Required<Omit<HostApiOptions, 'timeouts' | RoomOption>> & {
  readonly timeouts: FetchTimeouts;
} & { readonly [Name in RoomOption]: HostApiOptions[Name] | undefined };

/** Options with every default filled in. Throws `ERR_CONFIG_INVALID` with a JSON pointer. */
export function parseHostApiOptions(options: HostApiOptions): CompleteHostApiOptions {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(KNOWN, name));
  if (unknown !== undefined) throw createConfigError(`/${unknown}`, 'is no option of createHostApi');
  const parsed = writtenOptions.safeParse(options);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw createConfigError(`/${issue?.path.map(String).join('/') ?? ''}`, issue?.message ?? 'is malformed');
  }
  return {
    policy: options.policy,
    meter: options.meter,
    functions: Object.freeze([...options.functions]),
    audit: options.audit,
    audits: options.audits ?? 'all',
    documents: options.documents ?? [],
    env: options.env ?? {},
    clock: options.clock ?? { monotonic: () => performance.now() },
    resolve: options.resolve ?? ((hostname) => lookup(hostname, { all: true })),
    ownAddresses: Object.freeze([...(options.ownAddresses ?? [])]),
    sameDevice: options.sameDevice ?? false,
    maxMessageBytes: options.maxMessageBytes ?? MAX_MESSAGE_BYTES,
    timeouts: {
      connectMs: options.timeouts?.connectMs ?? DEFAULT_TIMEOUTS.connectMs,
      headersMs: options.timeouts?.headersMs ?? DEFAULT_TIMEOUTS.headersMs,
      bodyMs: options.timeouts?.bodyMs ?? DEFAULT_TIMEOUTS.bodyMs,
    },
    artifacts: options.artifacts,
    events: options.events,
    invoke: options.invoke,
    presenter: options.presenter,
    shell: options.shell,
    dryRun: options.dryRun ?? false,
    operations: options.operations ?? (() => undefined),
    traceparent: options.traceparent,
  };
}

function createConfigError(pointer: string, problem: string): Error {
  return createError('ERR_CONFIG_INVALID', `${pointer}: ${problem}`, {
    details: { pointer },
    hint: `change ${pointer} in the options of createHostApi, which are ${Object.keys(KNOWN).join(', ')}`,
  });
}
