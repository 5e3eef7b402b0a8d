import { fileAttempts } from './file-attempts.js';
import { networkAttempts } from './network-attempts.js';
import { processAttempts } from './process-attempts.js';
import { roomAttempts } from './room-attempts.js';

/**
 * @import { HandlerContext } from '@kb-labs/plugin-runtime'
 *
 * @typedef {object} EscapeInput
 * @property {string} secretPath A file that nobody granted.
 * @property {string} plantPath Where a file could be planted.
 * @property {string} forbiddenUrl A server that nobody granted.
 * @property {string} redirectUrl A granted server that sends on to it.
 * @property {string} shellLink A granted name that leads to a shell.
 * @property {number} hostPid
 *
 * @typedef {object} Attempt
 * @property {string} name
 * @property {'fs' | 'env' | 'net' | 'process' | 'event' | 'artifact' | 'invoke' | 'shell'} aim What keeps it from working.
 * @property {(input: EscapeInput, ctx: HandlerContext) => unknown} attempt Gives what it got hold of; throws, or gives nothing, where it was refused.
 */

const PATIENCE_MS = 1_000;
const MAX_DETAIL = 200;

/** Tries every way out, one after the other, and brings home whatever it found. @param {EscapeInput} input @param {HandlerContext} ctx */
export async function escape(input, ctx) {
  const all = [...fileAttempts, ...networkAttempts, ...processAttempts, ...roomAttempts];
  const attempts = [];
  for (const [index, attempt] of all.entries()) {
    ctx.progress(attempt.name, index / all.length);
    attempts.push({ name: attempt.name, aim: attempt.aim, ...(await tryOut(attempt, input, ctx)) });
  }
  return { attempts };
}

/** @param {Attempt} attempt @param {EscapeInput} input @param {HandlerContext} ctx */
async function tryOut({ attempt }, input, ctx) {
  try {
    const loot = await Promise.race([attempt(input, ctx), patience()]);
    if (loot === undefined || loot === '') return { outcome: 'refused', detail: 'nothing came of it' };
    return { outcome: 'worked', detail: String(loot).slice(0, MAX_DETAIL) };
  } catch (error) {
    const { code, message } = /** @type {{ code?: string, message?: string }} */ (error ?? {});
    return { outcome: 'refused', detail: [code, message].filter(Boolean).join(': ').slice(0, MAX_DETAIL) };
  }
}

function patience() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error('no answer')), PATIENCE_MS).unref();
  });
}
