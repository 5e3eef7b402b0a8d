import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setDemoScene } from '../src/demo-scene.js';
import { checkFromOutside } from '../src/host-checks.js';
import type { RunReport } from '../src/run-plugins.js';
import { makeFolder } from './fixture-folder.js';

function reportOf(text: string): RunReport {
  const verdict = { met: true, text: '', findings: [text] };
  return { label: 'a run', pluginId: 'a', handler: 'run', verdict, result: undefined, denials: [] };
}

describe('the checks from outside', () => {
  it('hold where nothing happened', async () => {
    await using scene = await setDemoScene([]);
    const checks = await checkFromOutside(scene, [reportOf('nothing')]);
    expect(checks.map(({ held }) => held)).toEqual([true, true, true]);
  });

  it('see a connection to the forbidden server', async () => {
    await using scene = await setDemoScene([]);
    await (await fetch(`${scene.servers.granted}/redirect`)).text();
    const [server] = await checkFromOutside(scene, []);
    expect(server).toMatchObject({ held: false, detail: '1 connections' });
  });

  it('see each secret, wherever it is told', async () => {
    await using scene = await setDemoScene([]);
    expect(scene.secrets).toContain(process.env['KB_DEMO_SECRET']);
    const [, told] = await checkFromOutside(
      scene,
      scene.secrets.map((secret) => reportOf(`I know ${secret}`)),
    );
    expect(told).toMatchObject({ held: false, detail: '3 of 3 found' });
  });

  it('see a file that turns up, also in the folder of a plugin', async () => {
    const plugin = await makeFolder({ 'plugin.json': '{}' });
    await using scene = await setDemoScene([plugin]);
    await writeFile(scene.plantPath, '');
    await writeFile(join(plugin, 'planted.js'), '');
    const [, , planted] = await checkFromOutside(scene, []);
    expect(planted).toMatchObject({ held: false, detail: [scene.plantPath, join(plugin, 'planted.js')].join(', ') });
  });
});

it('a scene leaves nothing behind', async () => {
  const before = process.env['KB_DEMO_SECRET'];
  const { folder, granted } = await useScene();
  expect(existsSync(folder)).toBe(false);
  expect(process.env['KB_DEMO_SECRET']).toBe(before);
  await expect(fetch(granted)).rejects.toThrow('fetch failed');
});

async function useScene(): Promise<{ readonly folder: string; readonly granted: string }> {
  await using scene = await setDemoScene([]);
  const folder = dirname(scene.prey);
  expect(existsSync(folder)).toBe(true);
  return { folder, granted: scene.servers.granted };
}
