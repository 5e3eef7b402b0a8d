import { createError } from '@kb-labs/contracts';
import type { PluginError, SandboxCall, SandboxHost, SandboxLimits, SandboxPlan } from '@kb-labs/contracts';
import { encodeHostMessage } from './encode-message.js';
import { createFrameSender } from './frame-sender.js';
import { listenToGuest } from './host-listener.js';
import type { HostPeerEvents, HostProgress } from './host-listener.js';
import { createHostRun } from './host-run.js';
import type { HostRun, HostRunEvents } from './host-run.js';
import { wireLimitsFor } from './limits.js';
import type { GuestModules, GuestRealm, HostMessage } from './messages.js';
import { createOutputGate } from './output-gate.js';
import type { OutputGate } from './output-gate.js';
import type { WireTransport } from './transport.js';

/** The channel, what bounds the guest, and who hears of it. */
export interface HostPeerOptions {
  readonly transport: WireTransport;
  readonly plan: Pick<SandboxPlan, 'plugin' | 'limits' | 'env'>;
  readonly events: HostPeerEvents;
}

/** What a guest is to load ahead of a run. */
export type PreloadCall = Omit<SandboxCall, 'executionId' | 'input' | 'signal'>;

/** The host's side of the wire. It believes nothing: every frame is bounded, decoded and checked, and answers are the host's own. */
export interface HostPeer {
  /** Has modules loaded. Once, and before any run. */
  preload(call: PreloadCall): void;
  /** Sends a call and serves what the guest asks for in it. Throws, and has sent nothing, where the call cannot be sent. */
  begin(call: SandboxCall, parts: { readonly host: SandboxHost; readonly events: HostRunEvents }): HostRun;
  /** What the guest wrote past its channel. It goes to the run that has been under way for longest. */
  raw(source: 'stdout' | 'stderr', text: string): void;
  /** Resolves once all that has arrived from the guest was heard. */
  heardAll(): Promise<void> | undefined;
}

/** Frames that a guest has not read, at most: beyond it the guest has stopped reading. */
const MAX_UNREAD_FRAMES = 4;

/** Makes the host's peer over a transport. Nothing is sent before `preload` or the first run. */
export function createHostPeer(options: HostPeerOptions): HostPeer {
  const { limits } = options.plan;
  const runs = new Map<number, HostRun>();
  /** Runs that were under way together since there was none. */
  let most = 0;
  const progress: HostProgress = { isReady: false, isLoading: false, isRealmTold: false, isBroken: false };
  let lastRun = 0;
  /** Of a guest that loads ahead of its first run. */
  let early: OutputGate | undefined;

  const { breakOff, send, copy, isBehind, heardAll } = connect(options, runs, progress);
  const openGate = (run: number): OutputGate =>
    createOutputGate(limits.maxOutputBytes, (used) => breakOff(floodError(used, limits), run));

  return {
    preload(call) {
      early = openGate(lastRun + 1);
      send({ t: 'preload', realm: realmOf(options.plan, call.api), ...modulesOf(call) });
      progress.isRealmTold = true;
      progress.isLoading = true;
    },
    begin(call, { host, events }) {
      lastRun += 1;
      const id = lastRun;
      const output = early ?? openGate(id);
      early = undefined;
      const parts = { limits, send, isBehind, breakOff: (error: PluginError) => breakOff(error, id), output };
      const run = createHostRun(id, { call, host, events }, parts);
      const realm = progress.isRealmTold ? undefined : realmOf(options.plan, call.api);
      // The input is its caller's, who may change it while it is on its way. What is begun beside others in one turn leaves in one piece, as does what
      // follows runs that were: those that end together are followed together.
      const way = runs.size === 0 && most < 2 ? 'send' : 'hold';
      most = runs.size === 0 ? 1 : Math.max(most, runs.size + 1);
      copy(way, { t: 'run', run: id, ...modulesOf(call), input: call.input, api: call.api, realm });
      progress.isRealmTold = true;
      runs.set(id, run);
      return run;
    },
    raw(source, text) {
      const oldest = runs.values().next().value;
      (oldest?.output ?? early)?.raw(source, text);
    },
    heardAll,
  };
}

interface Connection {
  /** Sends what nobody changes any more. */
  readonly send: (message: HostMessage) => void;
  readonly copy: (way: 'send' | 'hold', message: HostMessage) => void;
  readonly isBehind: () => boolean;
  readonly breakOff: (error: PluginError, run?: number) => void;
  readonly heardAll: () => Promise<void> | undefined;
}

function connect(
  { transport, plan, events }: HostPeerOptions,
  runs: Map<number, HostRun>,
  progress: HostProgress,
): Connection {
  const wire = wireLimitsFor(plan.limits.maxResultBytes);
  const sender = createFrameSender(transport);
  const maxUnread = MAX_UNREAD_FRAMES * (wire.maxBinaryBytes + wire.maxJsonBytes);
  const breakOff = (error: PluginError, run?: number): void => {
    if (progress.isBroken) return;
    progress.isBroken = true;
    for (const one of runs.values()) one.lose(error);
    events.onBroken(error, run);
  };
  const { idle } = listenToGuest(transport, wire, { runs, progress, events, breakOff });
  const sendBy = (way: 'lend' | 'send' | 'hold', message: HostMessage): void => {
    if (progress.isBroken) return;
    sender[way](encodeHostMessage(message));
    if (transport.pendingBytes() > maxUnread)
      breakOff(createError('ERR_PROTOCOL', 'the guest has stopped reading its answers'));
  };
  return {
    breakOff,
    heardAll: idle,
    isBehind: () => transport.pendingBytes() > wire.maxBinaryBytes,
    send: (message) => sendBy('lend', message),
    copy: sendBy,
  };
}

function realmOf({ plugin, env, limits }: HostPeerOptions['plan'], api: readonly string[]): GuestRealm {
  const fetch = api.some((name) => name.startsWith('net.'));
  return { root: plugin.root, env, fetch, limits: { ...limits, ...wireLimitsFor(limits.maxResultBytes) } };
}

function modulesOf({ handler, inputSchema, outputSchema, outputParts }: PreloadCall): GuestModules {
  return { handler, inputSchema, outputSchema, outputParts };
}

function floodError(used: number, { maxOutputBytes }: SandboxLimits): PluginError {
  return createError('ERR_OUTPUT_EXCEEDED', `the guest went on writing after ${maxOutputBytes} bytes of output`, {
    details: { quota: 'maxOutputBytes', used, limit: maxOutputBytes },
    hint: 'write less, or raise quotas.maxOutputBytes in the grant, and in the manifest where there is one',
  });
}
