// Exchanges a folder for a link and back, as fast as one process can.
import { mkdirSync, renameSync, symlinkSync, unlinkSync } from 'node:fs';

const [inside, outside, away, rounds] = process.argv.slice(2);
mkdirSync(away);
for (let round = 0; round < Number(rounds); round += 1) {
  // Whoever finds the folder away makes a new one; the next round moves that one away as well.
  attempt(() => renameSync(inside, `${away}/${round}`));
  attempt(() => symlinkSync(outside, inside));
  attempt(() => unlinkSync(inside));
  attempt(() => renameSync(`${away}/${round}`, inside));
}

function attempt(work) {
  try {
    work();
  } catch {
    // The other process was faster, which is what this is about.
  }
}
