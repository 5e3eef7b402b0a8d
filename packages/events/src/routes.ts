import type { EventScope } from '@kb-labs/contracts';
import type { Targets } from './channel.js';
import { invalidArgument, notATopic } from './event-errors.js';
import type { CompiledRules } from './event-rules.js';
import type { Channels } from './identity.js';
import { parseTopic } from './topic.js';

/** A topic that the rules of a port let it publish in a scope, and the way there. */
export interface Route {
  readonly topic: string;
  readonly segments: readonly string[];
  readonly scope: EventScope;
  readonly channel: string;
  /** Who was found to listen last. */
  targets: Targets | undefined;
}

export interface RoutesOptions {
  readonly rules: CompiledRules;
  readonly channels: Channels;
}

/** Topics are at most 256 characters, so a port remembers less than 32 KiB of them in each scope. */
const MAX_ROUTES = 128;

/**
 * The ways that a port has found so far. Rules never change, so what they allowed once is not asked again. Each port has its own, and
 * only what was allowed gets in: who publishes topics at random spoils nothing but their own.
 */
export class Routes {
  readonly #options: RoutesOptions;
  readonly #known: Record<EventScope, Map<unknown, Route> | undefined> = {
    execution: undefined,
    plugin: undefined,
    host: undefined,
  };

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  /** Throws `ERR_INVALID_ARGUMENT` for what is no topic, or a scope without a place, and `ERR_EVENT_DENIED`. */
  find(topic: unknown, scope: EventScope): Route {
    return this.#known[scope]?.get(topic) ?? this.#add(topic, scope);
  }

  #add(topic: unknown, scope: EventScope): Route {
    const segments = parseTopic(topic);
    if (segments === undefined) throw notATopic(topic);
    this.#options.rules.assertPublish(segments, scope);
    const route = { topic: segments.join('.'), segments, scope, channel: this.channel(scope), targets: undefined };
    const known = (this.#known[scope] ??= new Map());
    // Whoever uses more is no worse off than without.
    if (known.size === MAX_ROUTES) known.clear();
    known.set(route.topic, route);
    return route;
  }

  /** Throws `ERR_INVALID_ARGUMENT` where the port has no place in the scope. */
  channel(scope: EventScope): string {
    const channel = this.#options.channels[scope];
    if (channel !== undefined) return channel;
    throw invalidArgument(
      `this port has no place in the scope "${scope}"`,
      'open the host port with the plugin and the execution that it speaks to',
    );
  }
}
