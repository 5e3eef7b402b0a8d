import { createError, isPluginError } from '@kb-labs/contracts';
import type { CanonicalPath, PermissionPolicy } from '@kb-labs/contracts';
import { compilePolicy } from '@kb-labs/permissions';
import { z } from 'zod';
import { parseArguments } from '../arguments.js';
import { left } from '../charge.js';
import type { Gate } from '../gate.js';
import type { HostFunction } from '../host-function.js';
import { act, admitPath } from './fs-session.js';
import type { FsSession } from './fs-session.js';
import { paced } from './paced.js';
import { walkTree } from './walk-tree.js';

const MAX_LIMIT = 10_000;

const globArguments = z.tuple([
  z.string().min(1).max(1024),
  z.strictObject({ limit: z.int().min(1).max(MAX_LIMIT).optional() }).optional(),
]);

/**
 * `fs.glob(pattern, { limit? })`: files that match, relative to the root, sorted. The pattern is what a permission rule may be. The
 * folder before its first wildcard must be listable; below, folders that may not be listed and files that may not be read are left
 * out, as are links. Stops with `ERR_OUTPUT_EXCEEDED` at more than `limit` files.
 */
export function createGlob(session: FsSession): HostFunction {
  return async (args, context): Promise<readonly string[]> => {
    const [pattern, options] = parseArguments('fs.glob', globArguments, args);
    const { gate, tree } = session;
    refuseOutside(gate, pattern);
    const { matcher, base, depth } = compilePattern(pattern, gate.root);
    // Without a wildcard it may name a file, which is then all that matches.
    if (depth === undefined && isReadableFile(session, base)) return [base.join('/')];
    const top = admitPath(gate, base.length === 0 ? '.' : base.join('/'), ['list']);
    const found: string[] = [];
    const pathOf = (below: readonly string[]): CanonicalPath | undefined => pathAt(session, [...base, ...below]);
    const enters = (below: readonly string[]): boolean => {
      const path = below.length < (depth ?? Number.POSITIVE_INFINITY) ? pathOf(below) : undefined;
      return path !== undefined && gate.permits({ kind: 'fs', operation: 'list', path });
    };
    return act(session, { action: 'glob', operation: 'list', path: top }, async () => {
      const limit = (): number => left(gate.meter, 'maxEntriesRead');
      for await (const { below, entries } of walkTree(tree, top, { context, limit, enters })) {
        gate.meter.reserve('maxEntriesRead', entries.length).commit();
        for await (const { name, kind } of paced(entries, context)) {
          const path = kind === 'file' ? pathOf([...below, name]) : undefined;
          if (path === undefined) continue;
          const question = { kind: 'fs', operation: 'read', path } as const;
          if (matcher.check(question).allowed && gate.permits(question)) found.push(path.asWritten);
        }
        requireFits(found.length, options?.limit ?? MAX_LIMIT);
      }
      return found.sort();
    });
  };
}

/** A pattern that climbs out is asked about as the path that it is: no rule may be one, but whoever tries shall be seen. */
function refuseOutside(gate: Gate, pattern: string): void {
  const path = gate.parsePath(pattern, 'list');
  if (path.segments === undefined) gate.admit({ kind: 'fs', operation: 'list', path }, 'list');
}

interface CompiledPattern {
  /** A policy of this one rule: what it lets be read is what matches. */
  readonly matcher: PermissionPolicy;
  /** The folders before the first wildcard. */
  readonly base: readonly string[];
  /** How many levels below `base` a match can lie; `undefined` where there is no wildcard. */
  readonly depth: number | undefined;
}

/** Throws `ERR_INVALID_ARGUMENT` for what no permission rule could be. */
function compilePattern(pattern: string, root: string): CompiledPattern {
  const matcher = compileMatcher(pattern, root);
  const segments = pattern.split('/').filter((segment) => segment !== '' && segment !== '.');
  const first = segments.findIndex((segment) => /[*?]/u.test(segment));
  if (first === -1) return { matcher, base: segments, depth: undefined };
  const isDeep = segments.includes('**');
  return {
    matcher,
    base: segments.slice(0, first),
    depth: isDeep ? Number.POSITIVE_INFINITY : segments.length - first,
  };
}

function compileMatcher(pattern: string, root: string): PermissionPolicy {
  try {
    return compilePolicy({ fs: { mode: 'read', allow: [pattern] } }, { root });
  } catch (error) {
    if (!isPluginError(error)) throw error;
    throw createError('ERR_INVALID_ARGUMENT', 'fs.glob: the pattern is refused', {
      details: { function: 'fs.glob', argument: '0' },
      hint: 'write it as a permission rule: "src/**/*.ts"',
      cause: error,
    });
  }
}

function isReadableFile({ gate, tree }: FsSession, names: readonly string[]): boolean {
  if (names.length === 0) return false;
  const path = gate.parsePath(names.join('/'));
  if (!gate.permits({ kind: 'fs', operation: 'read', path })) return false;
  try {
    using place = tree.locate(path);
    if (place.directory.look(place.name)?.isFile() !== true) return false;
  } catch {
    // Whatever is wrong with it is found, and said, by the walk.
    return false;
  }
  gate.admit({ kind: 'fs', operation: 'read', path }, 'read');
  return true;
}

function pathAt({ gate }: FsSession, names: readonly string[]): CanonicalPath | undefined {
  try {
    const path = gate.parsePath(names.join('/'));
    return path.segments?.length === names.length ? path : undefined;
  } catch (error) {
    if (isPluginError(error)) return undefined;
    throw error;
  }
}

function requireFits(count: number, limit: number): void {
  if (count <= limit) return;
  throw createError('ERR_OUTPUT_EXCEEDED', `fs.glob: more than ${limit} files match`, {
    details: { used: count, limit },
    hint: `narrow the pattern, or set a limit of up to ${MAX_LIMIT}`,
  });
}
