import { randomUUID } from 'node:crypto';
import type { Assault, AttackEvidence, AttackKind } from './attack.js';
import { makeAttempts } from './attempts.js';
import type { Attempt } from './attempts.js';
import { FS_READS, FS_TRICKS, FS_WRITES } from './fs-attempt-names.js';
import { createFsScene } from './fs-scene.js';
import type { FsScene } from './fs-scene.js';

/** Reads secrets that lie beside the plugin, and writes wherever there is room. */
export const assaultFs: Assault = async (bench, kinds, around) => {
  await using scene = await createFsScene({ around, root: bench.root, canary: `canary-${randomUUID()}` });
  const attempts = planAttempts(scene).filter(({ kind }) => kinds.has(kind));
  const reports = await makeAttempts(bench, attempts, { handler: 'fs-attempts.mjs#run' });
  return await Promise.all(
    attempts.map(async ({ name, kind, facts }): Promise<AttackEvidence> => {
      const text = reports.get(name)?.text ?? '';
      const leak = scene.secrets.some((secret) => text.includes(secret)) ? 'read a secret of the host' : undefined;
      const harm = leak ?? (await scene.harmAt(facts));
      return {
        name,
        kind,
        held: harm === undefined,
        evidence: harm ?? `nothing was read or changed (${text.slice(0, 200)})`,
      };
    }),
  );
};

function planAttempts(scene: FsScene): readonly Attempt[] {
  const plan = (kind: AttackKind, names: readonly string[]): readonly Attempt[] =>
    names.map((name) => ({ name, kind, facts: { ...scene.facts, ...scene.placesFor(name) } }));
  // Writes first: a heap snapshot that meets a Blob of a file ends in a segmentation fault (seen in Node 22.18 to 26.10).
  return [...plan('honest', FS_WRITES), ...plan('honest', FS_READS), ...plan('hostile', FS_TRICKS)];
}
