import { inspect } from 'node:util';
import type { DemoScene } from './demo-scene.js';
import type { RunReport } from './run-plugins.js';

/** Something that the host sees for itself, whatever the plugins say. */
export interface HostCheck {
  readonly name: string;
  readonly held: boolean;
  readonly detail: string;
}

const EVERYTHING = {
  depth: Number.POSITIVE_INFINITY,
  maxArrayLength: Number.POSITIVE_INFINITY,
  maxStringLength: Number.POSITIVE_INFINITY,
  breakLength: Number.POSITIVE_INFINITY,
};

/** Looks for traces that an escape would have left: on the forbidden server, in what came out of the guests, on the disk. */
export async function checkFromOutside(scene: DemoScene, reports: readonly RunReport[]): Promise<readonly HostCheck[]> {
  const { servers, secrets } = scene;
  // Also shows what JSON cannot hold, such as a Map that a guest has returned.
  const told = inspect(reports, EVERYTHING);
  const leaked = secrets.filter((secret) => told.includes(secret)).length;
  const planted = await scene.planted();
  return [
    {
      name: 'the forbidden server was never reached',
      held: servers.forbiddenConnections === 0,
      detail: `${servers.forbiddenConnections} connections`,
    },
    {
      name: 'no secret came out in a result, a log or an error',
      held: leaked === 0,
      detail: `${leaked} of ${secrets.length} found`,
    },
    {
      name: 'no file was planted',
      held: planted.length === 0,
      detail: planted.length === 0 ? '0 files' : planted.join(', '),
    },
  ];
}
