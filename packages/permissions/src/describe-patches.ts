import { withoutUnprintable, withoutUserInfo } from '@kb-labs/contracts';
import type { PatchOperation, PermissionPatch, PermissionRequest } from '@kb-labs/contracts';
import { copyRequest } from './copy-request.js';

const MAX_RULE_UNITS = 512;
const MAX_RULES = 4;
/** Manifest and grant. */
const MAX_PATCHES = 2;

/**
 * Patches of one question as a line for whoever asked it, at most 5 000 characters; `undefined` where there are none. It says what was
 * asked for and which document lacks it, and nothing else of that document: neither where its rules stand, nor what they are.
 */
export function describePatches(request: PermissionRequest, patches: readonly PermissionPatch[]): string | undefined {
  const asked = copyRequest(request);
  const documents = new Map<string, string[]>();
  for (const { document, operations } of patches.slice(0, MAX_PATCHES)) {
    const change = asked === undefined ? undefined : describeChange(asked, operations);
    if (change === undefined) return undefined;
    documents.set(change, [...(documents.get(change) ?? []), document]);
  }
  if (documents.size === 0) return undefined;
  return Array.from(documents, ([change, names]) => `in the ${names.join(' and in the ')}, ${change}`).join('; ');
}

function describeChange(request: PermissionRequest, operations: readonly PatchOperation[]): string | undefined {
  const section = request.kind === 'address' ? 'net' : request.kind;
  const at = `${baseOf(section, operations)}/${section}`;
  const rules = operations.flatMap((operation) => addedRules(section, operation));
  const isMute = operations.some(({ path }) => path.endsWith('/interpreter'));
  const steps = [
    ...(operations.some(({ op }) => op === 'remove') ? [`remove what matches from ${at}/deny`] : []),
    ...(rules.length > 0 ? [`add ${rulesText(rules)} to ${at}/allow${aside(request)}`] : []),
    // Also where it says so already: what stands there is not for a guest to learn.
    ...(isChange(request) && operations.length > 0 ? [`set ${at}/mode to "readWrite"`] : []),
    ...(isMute ? [`add "interpreter": true to the rule of ${at}/allow that matches`] : []),
  ];
  return steps.length === 0 ? undefined : steps.join(', ');
}

/** Where the permissions stand in their document: a patch may bring a rule, a list, a section or all of them. */
function baseOf(section: string, [first]: readonly PatchOperation[]): string {
  const path = first?.path ?? '';
  const end = path.search(new RegExp(`/${section}(?:/(?:allow|deny|mode)(?:/[^/]*){0,2})?$`));
  return end === -1 ? path : path.slice(0, end);
}

function addedRules(section: string, { op, path, value }: PatchOperation): readonly unknown[] {
  if (op !== 'add') return [];
  if (path.endsWith('/allow/-')) return [value];
  const list = Array.isArray(value) ? value : memberOf(memberOf(value, section) ?? value, 'allow');
  return Array.isArray(list) ? list : [];
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function rulesText(rules: readonly unknown[]): string {
  const text = rules.slice(0, MAX_RULES).map((rule) => JSON.stringify(rule));
  if (text.some((rule) => rule.length > MAX_RULE_UNITS)) return 'a rule for it';
  return withoutUnprintable(withoutUserInfo(text.join(' and ')));
}

/** Not whether it is one: that would tell which links there are. */
function aside({ kind }: PermissionRequest): string {
  return kind === 'shell' ? ', with the path that the command really has, where that is a link' : '';
}

function isChange(request: PermissionRequest): boolean {
  return request.kind === 'fs' && (request.operation === 'write' || request.operation === 'delete');
}
