/** How hard a property is tried: `KB_FUZZ_SCALE` multiplies the runs, `KB_FUZZ_SEED` picks others. Without them each run is the same. */
export function budget(runs: number): { readonly numRuns: number; readonly seed: number } {
  return { numRuns: Math.ceil(runs * positive('KB_FUZZ_SCALE')), seed: positive('KB_FUZZ_SEED') };
}

function positive(name: string): number {
  const text = process.env[name] ?? '1';
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new Error(`${name} must be a positive number, not ${text}`);
  return value;
}
