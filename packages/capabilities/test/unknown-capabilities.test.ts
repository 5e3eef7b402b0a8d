import { HOST_FUNCTIONS } from '@kb-labs/contracts';
import { describe, expect, it } from 'vitest';
import { createCapabilityRegistry, findUnknownCapabilities } from '../src/index.js';

const builtIn = [...new Set(Object.values(HOST_FUNCTIONS))];

describe('unknown capabilities', () => {
  it.each([
    ['fs.raed', 'there is no capability fs.raed; did you mean fs.read?'],
    ['fs.raed@^1', 'there is no capability fs.raed; did you mean fs.read?'],
    ['fs', 'there is no capability fs; write one of fs.read, fs.write'],
    ['fs.read.deep', 'there is no capability fs.read.deep; write one of fs.read, fs.write'],
    ['net.connect', 'there is no capability net.connect; write one of net.fetch'],
    ['fs.read.*', 'fs.read.* covers no capability; did you mean fs.read?'],
    ['presenter.confrim', 'there is no capability presenter.confrim; did you mean presenter.confirm?'],
    ['events.subscribe.all', 'there is no capability events.subscribe.all; did you mean events.subscribe?'],
  ])('are found below a built-in group: %s', (name, message) => {
    expect(findUnknownCapabilities(['fs.read', name])).toEqual([{ index: 1, name: name.replace('@^1', ''), message }]);
  });

  it('are none of the built-in ones, nor the wildcards over their groups', () => {
    const groups = builtIn.map((name) => `${name.split('.')[0]}.*`);
    expect(findUnknownCapabilities([...builtIn, ...groups, 'fs.read@^9', '*'])).toEqual([]);
  });

  it.each(['files.*', 'files.raed', 'fsx.read', 'acme', 'acme.fs.raed'])(
    'are none in a group of the host: %s',
    (name) => {
      expect(findUnknownCapabilities([name])).toEqual([]);
    },
  );

  it('are none that the registry of the host knows', () => {
    const known = createCapabilityRegistry({ 'fs.watch': '1.0.0', 'fs.deep.read': '1.0.0' });
    expect(findUnknownCapabilities(['fs.watch', 'fs.deep.*', 'fs.wotch'], known)).toEqual([
      { index: 2, name: 'fs.wotch', message: 'there is no capability fs.wotch; did you mean fs.watch?' },
    ]);
  });

  it.each(['', 'FS.raed', 'fs.x*', 'fs.raed\n', `fs.${'x'.repeat(1_000_000)}`, 'fs.\u202e'])(
    'are not looked for in what is malformed: %j',
    (name) => {
      expect(findUnknownCapabilities([name])).toEqual([]);
    },
  );
});
