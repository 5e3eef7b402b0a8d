import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ChildCommand } from '../fork/child-command.js';
import type { GuestSignal, ProcessStart } from '../fork/started-process.js';
import { createSettled } from '../wire/waiting.js';
import type { Settled } from '../wire/waiting.js';
import { launchSpawner } from './launch-spawner.js';
import type { LaunchedSpawner } from './launch-spawner.js';
import { openLineChannel } from './line-channel.js';
import { openMeetingPlace } from './meeting-place.js';
import type { MeetingPlace } from './meeting-place.js';
import { TOKEN_LENGTH } from './messages.js';
import type { SpawnerNews, SpawnerRequest } from './messages.js';
import { awaitStreams, createSpawnedGuest } from './spawned-guest.js';
import type { SpawnedGuest } from './spawned-guest.js';
import { withinTurns } from './within-turns.js';

/** A small process that forks in the place of this one, whose loop would stand still for it. */
export interface Spawner extends AsyncDisposable {
  /** As `StartProcess`. `undefined` where the spawner did not do it: it is lost, and what it may have begun ends with it, or it cannot reach this process. */
  start(command: ChildCommand, cwd: string): Promise<ProcessStart | undefined>;
  /** Whether it can be asked for more. */
  readonly isAlive: boolean;
}

/** A spawner that has not answered for so long never will. */
const ANSWER_MS = 5_000;

/** Starts one. It keeps no host alive, and ends with it. Rejects where it cannot be. */
export async function openSpawner(): Promise<Spawner> {
  const place = await openMeetingPlace();
  try {
    return new SpawnerProcess(await launchSpawner(place.path), place);
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}

type Answer = { readonly guest: SpawnedGuest } | { readonly error: Error } | 'unmet' | undefined;

/** A start that was asked for. */
interface Asked {
  readonly walled: boolean;
  readonly answer: Settled<Answer>;
}

class SpawnerProcess implements Spawner {
  readonly #child: ChildProcess;
  readonly #channel: Socket;
  readonly #send: (message: SpawnerRequest) => void;
  readonly #place: MeetingPlace;
  readonly #gone = createSettled<undefined>();
  readonly #asked = new Map<number, Asked>();
  readonly #guests = new Map<number, SpawnedGuest>();
  readonly #signals = new Map<number, Settled<true>>();
  /** Starts, signals and guests for whose sake its channel holds the host. */
  readonly #holding = new Set<number>();
  #lastId = 0;
  /** How often it has said something. */
  #heard = 0;
  #isLost = false;

  constructor({ child, channel }: LaunchedSpawner, place: MeetingPlace) {
    this.#child = child;
    this.#place = place;
    this.#channel = channel;
    this.#send = openLineChannel<SpawnerNews>(channel, (news) => this.#hear(news));
    channel.once('close', () => this.#lose());
    child.on('error', () => this.#lose());
    child.once('exit', () => {
      this.#lose();
      this.#gone.settle(undefined);
    });
    child.unref();
    channel.unref();
  }

  get isAlive(): boolean {
    return !this.#isLost;
  }

  async start(command: ChildCommand, cwd: string): Promise<ProcessStart | undefined> {
    const id = (this.#lastId += 1);
    const token = randomBytes(TOKEN_LENGTH / 2).toString('hex');
    const meeting = this.#place.meet(token);
    this.#hold(id, true);
    try {
      const answer = await this.#answered(this.#ask(id, command, cwd, token));
      if (answer === undefined) return this.#abandon();
      if (answer === 'unmet') return undefined;
      if ('error' in answer) return answer;
      const { guest } = answer;
      const started = guest.take(await awaitStreams(meeting, guest, ANSWER_MS));
      if (started !== undefined) return started;
      // A host without descriptors does not get them, and what is running has nothing to do with that.
      await this.#signal(id, 'SIGKILL');
      return { error: Object.assign(new Error('the streams of a guest did not arrive'), { code: 'EMFILE' }) };
    } finally {
      this.#asked.delete(id);
      this.#place.forget(token);
      if (!this.#guests.has(id)) this.#hold(id, false);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode, pid } = this.#child;
    this.#lose();
    if (pid !== undefined && exitCode === null && signalCode === null) {
      this.#child.ref();
      await this.#gone.promise;
    }
    await this.#place[Symbol.asyncDispose]();
  }

  #ask(id: number, command: ChildCommand, cwd: string, token: string): Promise<Answer> {
    const { file, args, walled } = command;
    const answer = createSettled<Answer>();
    this.#asked.set(id, { walled, answer });
    const seccomp = command.seccomp === undefined ? undefined : Buffer.from(command.seccomp).toString('base64');
    this.#send({ t: 'start', id, file, args, cwd, walled, seccomp, path: this.#place.path, token });
    if (this.#isLost) answer.settle(undefined);
    return answer.promise;
  }

  async #signal(id: number, name: GuestSignal): Promise<void> {
    const ask = (this.#lastId += 1);
    const sent = createSettled<true>();
    this.#signals.set(ask, sent);
    this.#hold(ask, true);
    this.#send({ t: 'signal', id, name, ask });
    if (this.#isLost) sent.settle(true);
    const isSent = await this.#answered(sent.promise);
    this.#signals.delete(ask);
    this.#hold(ask, false);
    // Stopped, or stuck: whoever waits for the end of a guest gets it in this way.
    if (isSent === undefined) this.#abandon();
  }

  /** The answer, or `undefined` where the spawner has said nothing at all for too long: with much to do, it is heard of meanwhile. */
  async #answered<Value>(promise: Promise<Value>): Promise<Value | undefined> {
    for (;;) {
      const heard = this.#heard;
      const answer = await withinTurns(ANSWER_MS, promise);
      if (answer !== undefined || this.#isLost || heard === this.#heard) return answer;
    }
  }

  #hear(news: SpawnerNews): void {
    this.#heard += 1;
    switch (news.t) {
      case 'started':
        return this.#meetGuest(news.id, news.pid);
      case 'failed': {
        const code = news.code === undefined ? {} : { code: news.code };
        return this.#asked.get(news.id)?.answer.settle({ error: Object.assign(new Error(news.message), code) });
      }
      case 'unmet':
        return this.#asked.get(news.id)?.answer.settle('unmet');
      case 'exit':
        this.#guests.get(news.id)?.end({ code: news.code, signal: news.signal, error: undefined });
        return void this.#guests.delete(news.id);
      case 'signalled':
        return this.#signals.get(news.ask)?.settle(true);
      default:
        news satisfies never;
    }
  }

  #meetGuest(id: number, pid: number): void {
    const asked = this.#asked.get(id);
    // Nobody waits for it any more, because the spawner was taken for dead.
    if (asked === undefined) return;
    const guest = createSpawnedGuest({
      pid,
      walled: asked.walled,
      spawnerPid: this.#child.pid,
      signal: (name) => this.#signal(id, name),
      hold: (held) => this.#hold(id, held),
    });
    this.#guests.set(id, guest);
    asked.answer.settle({ guest });
  }

  #hold(id: number, held: boolean): void {
    if (held) this.#holding.add(id);
    else this.#holding.delete(id);
    // It would wait for a connection, once more with each call.
    if (this.#channel.destroyed) return;
    if (this.#holding.size > 0) this.#channel.ref();
    else this.#channel.unref();
  }

  /** It will not do anything any more, and what it has started ends with it. */
  #lose(): void {
    if (this.#isLost) return;
    this.#isLost = true;
    for (const { answer } of this.#asked.values()) answer.settle(undefined);
    for (const guest of this.#guests.values()) guest.orphan();
    for (const sent of this.#signals.values()) sent.settle(true);
    this.#guests.clear();
    this.#signals.clear();
    this.#channel.destroy();
  }

  /** Dead or stuck. */
  #abandon(): undefined {
    this.#lose();
    this.#child.kill('SIGKILL');
  }
}
