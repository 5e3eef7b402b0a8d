import { describeSandboxAdapter } from '@kb-labs/conformance';
import { inProcessSandbox } from '@kb-labs/sandbox';

describeSandboxAdapter('in-process', () => inProcessSandbox());
