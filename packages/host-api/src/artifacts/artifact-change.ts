import type { ArtifactInfo, HostFunctionName, OperationState } from '@kb-labs/contracts';
import type { ArtifactSession } from './artifact-session.js';

/** What stood at a URI before a change; `unknown` where this guest may not look. */
export type Before = { readonly state: OperationState | undefined } | 'unknown';

/** Which call changes which artifact. */
export interface ArtifactChange {
  readonly name: HostFunctionName;
  readonly target: string;
  readonly destination?: string;
}

/** Looks before something is overwritten or deleted, with the rights of the guest and without a word to the audit: the look is the host's own. */
export async function lookBefore(
  { access, recorder }: ArtifactSession,
  uri: string,
  options: { readonly ifNoneMatch?: '*'; readonly signal: AbortSignal },
): Promise<Before> {
  if (!recorder.isHeard) return 'unknown';
  // The write will fail where anything stands there.
  if (options.ifNoneMatch === '*') return { state: undefined };
  try {
    const info = await access.stat(uri, { signal: options.signal });
    return { state: info === undefined ? undefined : toState(info) };
  } catch {
    // Whatever kept it from looking is told by the call that follows, if it is in its way too.
    return 'unknown';
  }
}

/** Tells that an artifact was written. Only what stands where nothing stood can be undone. */
export function recordWritten(
  { recorder }: ArtifactSession,
  { name, target, destination }: ArtifactChange,
  { before, info }: { readonly before: Before; readonly info: ArtifactInfo },
): void {
  const earlier = before === 'unknown' ? undefined : before.state;
  const reversible = before !== 'unknown' && earlier === undefined;
  recorder.record({ name, target, destination, before: earlier, after: toState(info), reversible });
}

/** Tells that an artifact was deleted. */
export function recordDeleted({ recorder }: ArtifactSession, target: string, before: Before): void {
  recorder.record({
    name: 'artifacts.delete',
    target,
    destination: undefined,
    before: before === 'unknown' ? undefined : before.state,
    after: undefined,
    reversible: false,
  });
}

function toState({ bytes, sha256 }: ArtifactInfo): OperationState {
  return { kind: 'artifact', bytes, sha256 };
}
