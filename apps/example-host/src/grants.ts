import type { PermissionSpec } from '@kb-labs/plugin-runtime';

/** Capabilities that this host has to give. A plugin that asks for others is refused; what it may do with them, its grant says. */
export const GRANTED_CAPABILITIES: readonly string[] = [
  'fs.*',
  'net.fetch',
  'artifacts.*',
  'events.*',
  'analytics.track',
  'plugin.invoke',
  'shell.run',
  'presenter.*',
  'config.write',
];

// Beside what the manifests leave out themselves: what was built or measured, and what the demo has stored.
const NOT_SOURCES = ['**/node_modules/**', '**/dist/**', '**/coverage/**', '**/.git/**', '**/.artifacts/**'];

/** Reading all that people have written. */
export const READ_SOURCES: PermissionSpec = { fs: { mode: 'read', allow: ['.'], deny: NOT_SOURCES } };

/** The same, and changing it. */
export const CHANGE_SOURCES: PermissionSpec = { fs: { mode: 'readWrite', allow: ['.'], deny: NOT_SOURCES } };

/** Keeping a review, and telling everybody on the host that it is there. */
export const KEEP_REVIEWS: PermissionSpec = {
  artifacts: { write: [{ paths: ['reviews/*.json'] }] },
  events: { produce: ['review.done'], scopes: ['host'] },
};

/** Telling everybody on the host how many links are broken. */
export const TELL_OF_LINKS: PermissionSpec = { events: { produce: ['links.done'], scopes: ['host'] } };

/** What a digest needs, and no file. */
export const SUM_UP: PermissionSpec = {
  artifacts: { read: [{ from: 'code-review', paths: ['reviews/*.json'] }], write: [{ paths: ['digests/*.md'] }] },
  events: { consume: ['review.done', 'links.done'], scopes: ['host'] },
  invoke: { allow: ['dependency-report:report'] },
  shell: { allow: [{ command: '/usr/bin/wc', args: ['-l'] }] },
};

/** A name, and the addresses that it may mean: a private address is reached only where a rule names it. */
export function loopbackRules(port: number): readonly string[] {
  return [`http://localhost:${port}`, `http://127.0.0.1:${port}`, `http://[::1]:${port}`];
}
