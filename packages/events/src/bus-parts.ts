import type { EventSender } from '@kb-labs/contracts';
import type { BusSettings } from './bus-settings.js';
import type { Parcel } from './envelope.js';
import type { CompiledRules } from './event-rules.js';
import type { IdSource } from './id-source.js';
import type { Channels } from './identity.js';
import type { Owner } from './owner.js';
import type { PortLife } from './port-life.js';
import type { Route } from './routes.js';
import type { Switchboard } from './switchboard.js';
import type { Turn } from './turn.js';

/** What every port of a bus shares. */
export interface BusParts {
  readonly settings: BusSettings;
  readonly switchboard: Switchboard;
  readonly turn: Turn;
  readonly ids: IdSource;
  /** Hands an envelope to the transport. */
  readonly send: (route: Route, parcel: Parcel, signal: AbortSignal) => void | Promise<void>;
}

export interface PortOptions {
  readonly sender: EventSender;
  readonly channels: Channels;
  readonly rules: CompiledRules;
  readonly owner: Owner;
  readonly life: PortLife;
}
