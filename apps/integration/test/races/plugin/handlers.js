const ROUNDS_FOR_EACH = 500;

/**
 * Makes one call after the other, round by round, until each of those that count has worked `wanted` times, and as many have met what
 * was swapped in: otherwise there was no race. Tells for each call how often it came to what, by code or by the value itself.
 */
export async function race({ calls, wanted }, ctx) {
  const told = calls.map(({ call, counts }) => ({ call: call.join(' '), counts, worked: 0, outcomes: {} }));
  let met = 0;
  const isOn = () => met < wanted || told.some(({ counts, worked }) => counts && worked < wanted);
  // Something that never works would otherwise go on for ever.
  for (let round = 0; round < ROUNDS_FOR_EACH * wanted && isOn(); round += 1) {
    for (const [index, { call, kept }] of calls.entries()) {
      const tally = told[index];
      const { ok, outcome } = await attempt(ctx, call);
      const seen = ok && kept !== undefined ? (await attempt(ctx, ['readFile', kept, 'utf8'])).outcome : outcome;
      tally.worked += ok ? 1 : 0;
      met += /link|special-file/.test(outcome) ? 1 : 0;
      tally.outcomes[seen] = (tally.outcomes[seen] ?? 0) + 1;
      // One that should not be there is enough, and there could be no end of them.
      if (Object.keys(tally.outcomes).length > 20) return told;
    }
  }
  return told;
}

/** Makes each call once, and tells what it came to. */
export async function once(calls, ctx) {
  const outcomes = [];
  for (const call of calls) outcomes.push((await attempt(ctx, call)).outcome);
  return outcomes;
}

async function attempt(ctx, [name, ...args]) {
  try {
    return { ok: true, outcome: show(await ctx.fs[name](...args)) };
  } catch (error) {
    return { ok: false, outcome: `${error.code} ${error.details?.reason ?? error.details?.errno}` };
  }
}

function show(value) {
  if (value === undefined) return 'done';
  if (typeof value === 'string') return value;
  if (Array.isArray(value))
    return value.map((entry) => (typeof entry === 'string' ? entry : `${entry.name}:${entry.kind}`)).join(',');
  return `${value.kind} of ${value.size}`;
}
