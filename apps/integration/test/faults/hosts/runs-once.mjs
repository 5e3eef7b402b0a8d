// A host that runs one handler twice and tells how each went. Its Node may be said to lie elsewhere, or to lack flags.
import { createRuntime, forkSandbox } from '@kb-labs/plugin-runtime';

const { wall, requiredConfinement, pluginRoot, execPath, lacking = [] } = JSON.parse(process.argv[2]);
const say = (kind, fields) => process.stdout.write(`${JSON.stringify({ kind, ...fields })}\n`);
process.on('unhandledRejection', (error) => say('unhandled', { message: String(error) }));
if (execPath !== undefined) process.execPath = execPath;
const flags = new Set([...process.allowedNodeEnvironmentFlags].filter((flag) => !lacking.includes(flag)));
Object.defineProperty(process, 'allowedNodeEnvironmentFlags', { value: flags });

const runtime = createRuntime({ sandbox: forkSandbox({ wall }), requiredConfinement, graceMs: 100 });
const context = runtime.createContext({ capabilities: [], permissions: {}, root: pluginRoot, pluginRoot });
const results = [];
for (let time = 0; time < 2; time += 1) {
  const { ok, error, confinement } = await runtime.execute('./points.js#returns', time, context);
  results.push({
    ok,
    code: error?.code,
    errno: error?.details.errno,
    retryable: error?.retryable,
    firmness: confinement?.firmness,
  });
}
await runtime[Symbol.asyncDispose]();
say('results', { results });
