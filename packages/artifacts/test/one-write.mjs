// Does one thing with a store in a process of its own.
import { ArtifactBroker, createFileArtifactStore } from '@kb-labs/artifacts';

const [action, directory, path] = process.argv.slice(2);
const store = createFileArtifactStore({ directory });
const broker = new ArtifactBroker({ store, pluginId: 'acme', rules: 'host' });

if (action === 'write') await broker.write(path, 'hello');
if (action === 'hold') {
  const held = async function* () {
    yield Buffer.from('begun');
    console.log('holding');
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  };
  await broker.writeStream(path, held());
}
if (action === 'watch') {
  store.watch({ pluginId: 'acme', path }, () => undefined);
  console.log('watching');
}
if (action === 'wait') {
  const waiting = broker.wait(path);
  console.log('waiting');
  await waiting;
}
if (action === 'create') {
  await broker.write(path, `${process.pid}`, { ifNoneMatch: '*' }).then(
    () => console.log('won'),
    (error) => console.log(error.code),
  );
}
if (action === 'count') {
  for (let done = 0; done < 5;) {
    const info = await broker.stat(path);
    const sum = Number(await broker.read(path, { as: 'text' }).catch(() => Number.NaN)) + 1;
    done += await broker.write(path, `${sum}`, { ifMatch: info.etag }).then(
      () => 1,
      () => 0,
    );
  }
}
if (action === 'churn') {
  for (let round = 0; round < 25; round += 1) {
    const work = [broker.write(path, 'one'), broker.delete(path), broker.write(path, 'other')];
    for (const ended of await Promise.allSettled(work))
      if (ended.status === 'rejected') console.log(ended.reason.message);
  }
}
