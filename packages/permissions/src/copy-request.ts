import type { PermissionRequest } from '@kb-labs/contracts';

/**
 * Copies a question, each member read once, so that what is decided on is what is told. Never throws: a member that throws is
 * absent, and what is no question at all is `undefined`. Members are as unchecked as before.
 */
export function copyRequest(request: unknown): PermissionRequest | undefined {
  if ((typeof request !== 'object' && typeof request !== 'function') || request === null) return undefined;
  switch (memberOf(request, 'kind')) {
    case 'fs':
      return { kind: 'fs', operation: memberOf(request, 'operation'), path: memberOf(request, 'path') };
    case 'net':
      return { kind: 'net', url: memberOf(request, 'url') };
    case 'address':
      return { kind: 'address', target: memberOf(request, 'target'), address: memberOf(request, 'address') };
    case 'env':
      return { kind: 'env', name: memberOf(request, 'name') };
    default:
      return undefined;
  }
}

// Its type is what callers promise: whoever uses a member still asks what it is.
function memberOf(request: object, name: string): ReturnType<typeof Reflect.get> {
  try {
    return Reflect.get(request, name);
  } catch {
    // A getter or a trap of whoever asks: nothing can be learnt from it.
    return undefined;
  }
}
