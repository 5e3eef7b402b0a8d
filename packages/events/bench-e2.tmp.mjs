import { pathToFileURL } from 'node:url';
const { createEventBus } = await import(pathToFileURL(process.argv[2]).href);
const payload = { a: 1, b: 'some text', c: [1,2,3,{d:null}] };
for (let round=0; round<6; round++) {
  const bus = createEventBus({ rateBurst: 1e9 });
  const port = bus.openPort({ pluginId:'alpha', executionId:'e', traceId:'t', rules:[{produce:['a.*','b.**'],consume:['**'],scopes:['execution']},{produce:['**'],consume:['**'],scopes:['execution']}] });
  let got=0; port.subscribe('a.*', () => { got++ });
  const n=100000; const s=performance.now();
  for (let i=0;i<n;i++) await port.publish('a.x', payload);
  const ms=performance.now()-s; console.log(Math.round(n/ms*1000),'events/s', got);
  await bus[Symbol.asyncDispose]();
}
