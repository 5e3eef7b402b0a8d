import type { EventPort, EventReceipt } from '@kb-labs/contracts';
import { givenOptions, parseArguments } from '../arguments.js';
import { createCallSignal, untilAborted } from '../call-signal.js';
import type { Gate } from '../gate.js';
import { throwIfStopped } from '../host-function.js';
import type { CallContext, Room } from '../host-function.js';
import { EVENT_ARGUMENTS } from './event-arguments.js';
import { decideByPort } from './event-decision.js';
import { Inbox } from './inbox.js';

/** What the event functions need of the host. */
export interface EventRoomOptions {
  readonly gate: Gate;
  /** This guest's own: sender, rules and limits are the port's. */
  readonly port: EventPort;
}

/** The event functions of one run. Disposing ends its subscriptions; the port is disposed of by whoever opened it. */
export function openEventRoom({ gate, port }: EventRoomOptions): Room {
  const inbox = new Inbox();
  return {
    functions: {
      'events.publish': async (args, context) => {
        const [topic, payload, options] = parseArguments('events.publish', EVENT_ARGUMENTS.publish, args);
        throwIfStopped(context);
        return decideByPort(gate, { operation: 'publish', topic }, () =>
          publish(gate, () => port.publish(topic, payload, givenOptions(options)), context),
        );
      },
      'events.subscribe': async (args, context) => {
        const [pattern, options] = parseArguments('events.subscribe', EVENT_ARGUMENTS.subscribe, args);
        throwIfStopped(context);
        return inbox.add(() =>
          decideByPort(gate, { operation: 'subscribe', topic: pattern }, () =>
            port.stream(pattern, givenOptions(options)),
          ),
        );
      },
      'events.next': async (args, context) => {
        parseArguments('events.next', EVENT_ARGUMENTS.next, args);
        throwIfStopped(context);
        return inbox.next(context);
      },
      'events.unsubscribe': async (args) => {
        const [id] = parseArguments('events.unsubscribe', EVENT_ARGUMENTS.unsubscribe, args);
        inbox.remove(id);
      },
    },
    async [Symbol.asyncDispose]() {
      inbox[Symbol.dispose]();
    },
  };
}

/** Counts it as one of `maxEvents` if it was accepted, also where nobody waited for that any more. */
async function publish(gate: Gate, send: () => Promise<EventReceipt>, context: CallContext): Promise<EventReceipt> {
  const reserved = gate.meter.reserve('maxEvents', 1);
  const sent = send();
  sent.then(
    () => reserved.commit(),
    () => reserved.giveBack(),
  );
  using call = createCallSignal(context);
  return await untilAborted(sent, call.signal);
}
