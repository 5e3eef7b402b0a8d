// Copies what comes over descriptor 3, byte for byte.
import { Socket } from 'node:net';

const pipe = new Socket({ fd: 3 });
pipe.pipe(pipe);
