import { randomUUID } from 'node:crypto';
import type { Assault, AttackEvidence, AttackKind } from './attack.js';
import { makeAttempts } from './attempts.js';
import type { Attempt } from './attempts.js';
import { FS_ALONE, FS_READS, FS_TRICKS, FS_WRITES } from './fs-attempt-names.js';
import { createFsScene } from './fs-scene.js';
import type { FsScene } from './fs-scene.js';

/** Reads secrets that lie beside the plugin, and writes wherever there is room. */
export const assaultFs: Assault = async (bench, kinds, around) => {
  await using scene = await createFsScene({ around, root: bench.root, canary: `canary-${randomUUID()}` });
  const groups = planAttempts(scene).map((group) => group.filter(({ kind }) => kinds.has(kind)));
  const found: AttackEvidence[] = [];
  for (const group of groups.filter(({ length }) => length > 0)) {
    const reports = await makeAttempts(bench, group, { handler: 'fs-attempts.mjs#run' });
    for (const attempt of group) found.push(await judge(attempt, reports.get(attempt.name)?.text ?? '', scene));
  }
  return found;
};

async function judge({ name, kind, facts }: Attempt, said: string, scene: FsScene): Promise<AttackEvidence> {
  const leaked = scene.secrets.some((secret) => said.includes(secret));
  const harm = leaked ? 'read a secret of the host' : await scene.harmAt(name, facts);
  const evidence = harm ?? `nothing was read or changed (${said.slice(0, 200)})`;
  return { name, kind, held: harm === undefined, evidence };
}

function planAttempts(scene: FsScene): readonly (readonly Attempt[])[] {
  const plan = (kind: AttackKind, names: readonly string[]): readonly Attempt[] =>
    names.map((name) => ({ name, kind, facts: { ...scene.facts, ...scene.placesFor(name) } }));
  // Writes first: a heap snapshot that meets a Blob of a file ends in a segmentation fault (seen in Node 22.18 to 26.10).
  const together = [...plan('honest', FS_WRITES), ...plan('honest', FS_READS), ...plan('hostile', FS_TRICKS)];
  return [together, plan('hostile', FS_ALONE)];
}
