import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOwnHost } from './own-host.js';

const pluginRoot = fileURLToPath(new URL('plugin', import.meta.url));
// A disk of one MiB, in a mount namespace of the host's own.
const MOUNT = 'mount -t tmpfs -o size=1m none "$0" && mkdir "$0/data" && exec "$@"';
const canMount = mounts();

function mounts(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'kb-labs-disk-'));
  try {
    execFileSync('unshare', ['-rm', '/bin/sh', '-c', MOUNT, folder, '/bin/true'], { stdio: 'ignore' });
    return true;
  } catch {
    // Another system, or one that refuses user namespaces.
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.skipIf(!canMount)(
  `a host whose disk is full${canMount ? '' : ' (not run: nothing can be mounted here)'}`,
  () => {
    let disk = '';
    beforeAll(() => {
      disk = mkdtempSync(join(tmpdir(), 'kb-labs-disk-'));
    });
    afterAll(() => rmSync(disk, { recursive: true, force: true }));

    it('tells each room so, tears nothing, refuses what must be audited, and goes on once there is room', async () => {
      const inNamespace = (command: readonly string[]) => ['unshare', '-rm', '/bin/sh', '-c', MOUNT, disk, ...command];
      await using host = startOwnHost('fills-disk', [disk, pluginRoot], inNamespace);
      const well = { code: 'ok', data: { file: 'ok', artifact: 'ok', bytes: 64_000 }, written: 64_000 };
      expect(await host.next('before')).toMatchObject({ observed: well, strict: well });
      const full = await host.next('full');
      expect(full).toMatchObject({
        // The file that was there before is whole, and what was not written was not charged.
        observed: { code: 'ok', data: { file: 'ERR_IO_FAILED', artifact: 'ERR_IO_FAILED', bytes: 64_000 }, written: 0 },
        strict: { code: 'ERR_AUDIT_UNAVAILABLE' },
        snapshots: { written: 1, failed: 1 },
        torn: ['file.bin'],
        analytics: [{ delivered: 0, dropped: 0, pending: 0 }],
      });
      expect(await host.next('after')).toMatchObject({ observed: well, strict: well });
      expect(await host.next('end')).toMatchObject({ kept: 2, left: [], data: ['file.bin'] });
      expect(await host.ended).toBe(0);
    });
  },
);
