// A host whose rooms all lie on one small disk. It fills it, says how each room took that, makes room, and goes on.
import { readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createAnalytics,
  createAuditLog,
  createRuntime,
  createSnapshotRecorder,
  jsonLinesSink,
  listSnapshots,
} from '@kb-labs/plugin-runtime';

const [disk, pluginRoot] = process.argv.slice(2);
const say = (kind, fields) => process.stdout.write(`${JSON.stringify({ kind, ...fields })}\n`);
process.on('unhandledRejection', (error) => say('unhandled', { message: String(error) }));

const free = () => statfsSync(disk).bavail;
const ballast = () => readdirSync(disk).filter((name) => name.startsWith('ballast'));
function fill() {
  for (let n = 0; free() > 0; n += 1) {
    try {
      writeFileSync(join(disk, `ballast${n}`), new Uint8Array(4096 * Math.max(1, free())));
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
    }
  }
}

const audit = createAuditLog({ file: join(disk, 'audit.jsonl'), sampleAllows: 1 });
const snapshots = createSnapshotRecorder({ directory: join(disk, 'snapshots'), include: 'all' });
const analytics = createAnalytics({ sinks: [jsonLinesSink({ file: join(disk, 'analytics.jsonl') })] });
const options = { sandbox: 'in-process', requiredConfinement: 'none', analytics };
const observed = createRuntime({ ...options, observers: [snapshots, analytics.observer()], audit });
const strict = createRuntime({ ...options, audit, auditRequired: true });
const context = {
  root: disk,
  pluginRoot,
  capabilities: ['fs.write', 'fs.read', 'artifacts.write', 'analytics.track'],
  permissions: { fs: { mode: 'readWrite', allow: ['data'] }, artifacts: { write: [{ paths: ['**'] }] } },
};
const run = async (runtime) => {
  const result = await runtime.execute('./points.js#fillsRooms', { bytes: 64_000 }, runtime.createContext(context));
  return { code: result.ok ? 'ok' : result.error.code, data: result.data, written: result.metrics.bytesWritten.used };
};

say('before', { observed: await run(observed), strict: await run(strict) });
fill();
const full = { observed: await run(observed), strict: await run(strict), snapshots: await snapshots.settled() };
say('full', { ...full, torn: readdirSync(join(disk, 'data')), analytics: await analytics.flush() });
for (const name of ballast()) rmSync(join(disk, name));
say('after', { observed: await run(observed), strict: await run(strict) });
for (const part of [observed, strict, snapshots, analytics, audit]) await part[Symbol.asyncDispose]();
const { snapshots: kept } = await listSnapshots(join(disk, 'snapshots'));
say('end', {
  kept: kept.length,
  left: readdirSync(join(disk, '.kb/artifacts/.tmp')),
  data: readdirSync(join(disk, 'data')),
});
