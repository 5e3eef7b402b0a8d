import type { EventBus, EventPort, EventReport, EventRules, PermissionSpec } from '@kb-labs/contracts';
import { createEventBus } from '@kb-labs/events';
import type { EventBusConfig } from '@kb-labs/events';
import { onTestFinished } from 'vitest';
import type { HostApiOptions } from '../../src/index.js';
import { makeFolder, openHost } from '../open-host.js';
import type { OpenHost } from '../open-host.js';

const RULES: EventRules = {
  produce: ['report.**', 'noise'],
  consume: ['report.**', 'noise'],
  scopes: ['execution', 'plugin'],
};

export interface EventHost extends OpenHost {
  readonly bus: EventBus;
  readonly port: EventPort;
  readonly reports: EventReport[];
}

export interface EventHostOptions {
  readonly rules?: EventRules;
  readonly quotas?: PermissionSpec['quotas'];
  readonly bus?: EventBusConfig;
  readonly host?: Partial<HostApiOptions>;
}

/** A host API over a port of a real bus. The run ends first, then the port, then the bus. */
export function openEventHost({ rules = RULES, quotas, bus: config, host }: EventHostOptions = {}): EventHost {
  const reports: EventReport[] = [];
  const bus = createEventBus({ report: (report) => reports.push(report), ...config });
  onTestFinished(() => bus[Symbol.asyncDispose]());
  const port = bus.openPort({ pluginId: '@acme/report', executionId: 'run-1', traceId: 'trace-1', rules: [rules] });
  onTestFinished(() => port[Symbol.asyncDispose]());
  const opened = openHost(makeFolder(), { quotas: quotas ?? null }, { ...host, events: port });
  return { ...opened, bus, port, reports };
}
