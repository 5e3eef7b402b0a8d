import { checkCapabilities, findUnknownCapabilities } from '@kb-labs/capabilities';
import type { KnownCapabilities } from '@kb-labs/capabilities';
import { issueOf, refused } from './schema-issues.js';

const REFUSAL = { code: 'ERR_CONFIG_INVALID', what: 'the context' } as const;
const HINT = 'grant "fs.read", "fs.read@1.0.0", "fs.*", or "*" as the only entry';

/** Refuses grants that could never bring anything: `ERR_CONFIG_INVALID` with the pointer of the first, which begins with `pointer`. */
export function assertGrants(granted: readonly string[], pointer: string, known: KnownCapabilities): void {
  const malformed = granted.flatMap((grant, index) =>
    issueOf(`${pointer}/${index}`, () => checkCapabilities([], [grant])),
  );
  // One by one each may be well formed, and not all of them together.
  const issues = malformed.length > 0 ? malformed : issueOf(pointer, () => checkCapabilities([], granted));
  if (issues.length > 0) throw refused(issues, { ...REFUSAL, hint: HINT });
  const unknown = findUnknownCapabilities(granted, known);
  if (unknown.length === 0) return;
  throw refused(
    unknown.map(({ index, message }) => ({ pointer: `${pointer}/${index}`, message })),
    REFUSAL,
  );
}
