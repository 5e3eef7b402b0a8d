// Asks an audit log whether it is ready, in a folder that its user may not write to.
import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createAuditLog } from '@kb-labs/diagnostics';

const file = process.argv[2];
await chmod(dirname(file), 0o555);
if (process.getuid() === 0) {
  process.setgid(65_534);
  process.setuid(65_534);
}
await createAuditLog({ file })
  .ready()
  .then(
    () => console.log('ready'),
    (error) => console.log(error.code),
  );
