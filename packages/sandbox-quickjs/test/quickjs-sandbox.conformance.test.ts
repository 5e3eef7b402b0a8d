import { describeSandboxAdapter } from '@kb-labs/conformance';
import { quickjsSandbox } from '@kb-labs/sandbox-quickjs';

describeSandboxAdapter('quickjs', () => quickjsSandbox());
