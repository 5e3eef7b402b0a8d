// Prints the milliseconds that one import takes in a process that has loaded nothing else: `node import.mjs <specifier>`.
const [specifier] = process.argv.slice(2);
const start = performance.now();
await import(specifier);
process.stdout.write(String(performance.now() - start));
