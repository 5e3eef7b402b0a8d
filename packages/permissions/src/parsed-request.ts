import type { DenyReason, FsOperation, PermissionRequest } from '@kb-labs/contracts';
import { isCommandPath } from './command-path.js';
import { isEnvName } from './env-rule.js';
import { isParsedPath, namesOf, readPathNames } from './fs-path.js';
import type { NamedPath, PathContext } from './fs-path.js';
import type { FsTarget } from './fs-section.js';
import type { InvokeQuestion } from './invoke-section.js';
import { isInvokeTarget } from './invoke-target.js';
import type { NetQuestion } from './net-section.js';
import { isParsedTarget, readNetPlace } from './net-target.js';
import type { ShellQuestion } from './shell-section.js';
import { semver } from './late-semver.js';

/** A question whose strings have been parsed once, or why no policy could allow it. */
export type ParsedRequest =
  | { readonly kind: 'fs'; readonly target: FsTarget }
  | { readonly kind: 'net'; readonly target: NetQuestion }
  | { readonly kind: 'env'; readonly target: string }
  | { readonly kind: 'invoke'; readonly target: InvokeQuestion }
  | { readonly kind: 'shell'; readonly target: ShellQuestion }
  | { readonly kind: 'refused'; readonly reason: DenyReason };

/** Linux takes no single argument that is longer. */
const MAX_ARGUMENT_UNITS = 131_072;

const OPERATIONS: ReadonlySet<FsOperation> = new Set(['read', 'write', 'delete', 'list', 'stat']);

/** Parses a copied question. Never throws: what is malformed is refused, and so is an object that the parsers did not make. */
export function parseRequest(request: PermissionRequest | undefined, context: PathContext): ParsedRequest {
  switch (request?.kind) {
    case 'fs':
      return parseFs(request, context);
    case 'net':
      return parseNet(request.url, undefined);
    case 'address':
      return typeof request.address === 'string' ? parseNet(request.target, request.address) : refuse('invalid-url');
    case 'env':
      return isEnvName(request.name) ? { kind: 'env', target: request.name } : refuse('invalid-name');
    case 'invoke':
      return parseInvoke(request);
    case 'shell':
      return parseShell(request);
    case undefined:
      return refuse('invalid-request');
  }
}

type FsRequest = Extract<PermissionRequest, { kind: 'fs' }>;

function parseFs({ operation, path }: FsRequest, context: PathContext): ParsedRequest {
  if (!OPERATIONS.has(operation)) return refuse('invalid-request');
  if (typeof path === 'string') return named(operation, readPathNames(path, context));
  if (!isParsedPath(path)) return refuse('invalid-path');
  // A path of another root is another path, whatever its segments say.
  return path.root === context.root ? named(operation, namesOf(path)) : refuse('outside-root');
}

function named(operation: FsOperation, path: NamedPath | undefined): ParsedRequest {
  if (path === undefined) return refuse('invalid-path');
  return { kind: 'fs', target: { operation, names: path.names, isPlain: path.isPlain } };
}

function parseNet(url: unknown, address: string | undefined): ParsedRequest {
  if (isParsedTarget(url)) return { kind: 'net', target: { target: url, address } };
  const result = address === undefined ? readNetPlace(url) : undefined;
  if (result === undefined) return refuse('invalid-url');
  return result.ok ? { kind: 'net', target: { target: result.place, address } } : refuse(result.reason);
}

function parseInvoke({ target, version }: PermissionRequest & { kind: 'invoke' }): ParsedRequest {
  const isKnown = version === undefined || (typeof version === 'string' && semver().parse(version) !== null);
  if (!isRecord(target) || !isInvokeTarget(target) || !isKnown) return refuse('invalid-request');
  return { kind: 'invoke', target: { target, version } };
}

function parseShell({ command, args, interpreter }: PermissionRequest & { kind: 'shell' }): ParsedRequest {
  if (!isCommandPath(command)) return refuse('invalid-path');
  if (!isArgumentList(args)) return refuse('invalid-request');
  // Only a plain no is a no: whatever else is there, somebody meant to say something.
  return { kind: 'shell', target: { command, args, interpreter: interpreter !== undefined && interpreter !== false } };
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** What may be handed to a program: well-formed texts without NUL, 128 KiB of them at most. */
function isArgumentList(args: unknown): args is readonly string[] {
  if (!Array.isArray(args)) return false;
  let units = 0;
  for (const argument of args) {
    if (typeof argument !== 'string') return false;
    units += argument.length + 1;
    if (units > MAX_ARGUMENT_UNITS || /[\0\p{Cs}]/u.test(argument)) return false;
  }
  return true;
}

function refuse(reason: DenyReason): ParsedRequest {
  return { kind: 'refused', reason };
}
