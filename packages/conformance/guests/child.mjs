import { writeFileSync } from 'node:fs';

writeFileSync(process.argv[2], 'x');
process.send?.(`ran-${40 + 2}`);
process.disconnect?.();
