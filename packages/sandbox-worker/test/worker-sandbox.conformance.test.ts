import { describeSandboxAdapter } from '@kb-labs/conformance';
import { workerSandbox } from '@kb-labs/sandbox-worker';

describeSandboxAdapter('worker', () => workerSandbox());
