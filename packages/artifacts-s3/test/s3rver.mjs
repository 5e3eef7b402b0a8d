// Runs s3rver on the folder that it is handed, and prints its port.
import S3rver from 's3rver';

const [directory] = process.argv.slice(2);
const { port } = await new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory }).run();
console.log(port);
