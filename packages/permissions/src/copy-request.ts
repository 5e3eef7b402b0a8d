import type { PermissionRequest } from '@kb-labs/contracts';
import { kindOf, memberOf, nameOf, operationOf, pathOf, urlOf } from './request-member.js';

/** More do not fit into what a command may be given. */
const MAX_ARGUMENTS = 4096;

/**
 * Copies a question, each member read once, so that what is decided on is what is told. Never throws: a member that throws is
 * absent, and what is no question at all is `undefined`. Members are as unchecked as before.
 */
export function copyRequest(request: unknown): PermissionRequest | undefined {
  if ((typeof request !== 'object' && typeof request !== 'function') || request === null) return undefined;
  switch (kindOf(request)) {
    case 'fs':
      return { kind: 'fs', operation: operationOf(request), path: pathOf(request) };
    case 'net':
      return { kind: 'net', url: urlOf(request) };
    case 'address':
      return { kind: 'address', target: memberOf(request, 'target'), address: memberOf(request, 'address') };
    case 'env':
      return { kind: 'env', name: nameOf(request) };
    case 'invoke':
      return { kind: 'invoke', target: copyTarget(memberOf(request, 'target')), version: memberOf(request, 'version') };
    case 'shell':
      return {
        kind: 'shell',
        command: memberOf(request, 'command'),
        args: copyList(memberOf(request, 'args')),
        interpreter: memberOf(request, 'interpreter'),
      };
    default:
      return undefined;
  }
}

function copyTarget(target: unknown): ReturnType<typeof Reflect.get> {
  if (typeof target !== 'object' || target === null) return undefined;
  return {
    pluginId: memberOf(target, 'pluginId'),
    range: memberOf(target, 'range'),
    handler: memberOf(target, 'handler'),
  };
}

/** `undefined` for what is no list, and for one that nobody would read to its end. */
function copyList(list: unknown): ReturnType<typeof Reflect.get> {
  if (typeof list !== 'object' || list === null) return undefined;
  const length: unknown = memberOf(list, 'length');
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0 || length > MAX_ARGUMENTS) return undefined;
  return Array.from({ length }, (_, index) => memberOf(list, String(index)));
}
