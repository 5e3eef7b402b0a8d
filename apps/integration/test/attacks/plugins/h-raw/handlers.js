// Writes JSON of its own making into the channel, where its side of the wire would never let it.
import { writeSync } from 'node:fs';

function write(bytes) {
  for (let sent = 0; sent < bytes.length;) {
    try {
      sent += writeSync(3, bytes, sent);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function frame(json) {
  const text = Buffer.from(json);
  const bytes = Buffer.alloc(8 + text.length);
  bytes.writeUInt32BE(4 + text.length, 0);
  bytes.writeUInt32BE(text.length, 4);
  text.copy(bytes, 8);
  return bytes;
}

const result = (value) => `[{"t":"result","run":1,"ok":true,"value":${value}},[]]`;
const call = (value) => `[{"t":"call","run":1,"id":1,"name":"fs.stat","args":[${value}]},[]]`;
const log = (fields) => `[{"t":"log","run":1,"level":"info","source":"log","text":"x","fields":${fields}},[]]`;

const texts = {
  'a million brackets': () => '['.repeat(1_000_000),
  'a million brackets in a result': () => `[{"t":"result","run":1,"ok":true,"value":${'['.repeat(1_000_000)}`,
  'a deep result': () => result('['.repeat(400) + ']'.repeat(400)),
  'a deep call': () => call('{"a":'.repeat(400) + '1' + '}'.repeat(400)),
  '8 MB of empty lists': () => result(`[${'[],'.repeat(2_600_000)}[]]`),
  'six hundred thousand keys': () =>
    result(`{${Array.from({ length: 600_000 }, (_, index) => `"k${index}":1`).join(',')}}`),
  'many keys in a call': () => call(`{${Array.from({ length: 60_000 }, (_, index) => `"k${index}":1`).join(',')}}`),
  'a number of 8 MB': () => result('1'.repeat(8_000_000)),
  'a number out of range': () => result('1e99999'),
  'a number out of range, below zero': () => result('[-1e400]'),
  'a bigint of a million digits': () => result(`{"$":["bigint","${'9'.repeat(1_000_000)}"]}`),
  'a thousand bigints': () => result(`[${Array.from({ length: 1_000 }, () => `{"$":["bigint","${'9'.repeat(700)}"]}`).join(',')}]`), // prettier-ignore
  'keys that collide': () => result(`{"$":["Set",[${Array.from({ length: 60_000 }, (_, index) => index * 2 ** 20).join(',')}]]}`), // prettier-ignore
  'many errors': () => result(`[${Array.from({ length: 20_000 }, () => '{"$":["Error",{"name":"a","message":"b"}]}').join(',')}]`), // prettier-ignore
  'a date that is a record': () => result('{"$":["Date",{"a":1}]}'),
  'a mark beside a name': () => result('{"$":["Date",0],"a":1}'),
  'an unknown mark': () => result('{"$":["Function","return process"]}'),
  'bytes that are not there': () => result('{"$":["bytes","Uint8Array",0]}'),
  'a name with an escape': () => result(String.raw`{"a":1,"\"":2}`),
  'a name that stands twice': () => result('{"$":["Entries",["a",1,"a",2]]}'),
  'hostile fields': () => log('{"$":["Map",[["a",1]]]}'),
  'no JSON': () => 'undefined',
  'half a surrogate': () => Buffer.concat([Buffer.from('["'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"]')]),
};

export const names = () => Object.keys(texts);

export async function forges(name) {
  write(frame(texts[name]()));
  await new Promise((resolve) => setTimeout(resolve, 20_000));
}

/** A key that would change another's prototype, if anybody merged it. */
export async function pollutes() {
  write(frame(result('{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}')));
  await new Promise((resolve) => setTimeout(resolve, 20_000));
}
