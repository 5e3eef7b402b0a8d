// Prints the milliseconds that one import takes in a process that has loaded nothing else: `node import.mjs <specifier>`.
const [specifier] = process.argv.slice(2);
const start = performance.now();
await import(specifier);
const elapsed = performance.now() - start;
// The first look at stdout opens it, which takes longer than what is measured.
process.stdout.write(String(elapsed));
