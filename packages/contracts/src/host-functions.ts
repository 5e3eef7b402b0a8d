/** The host functions that a guest may call through `ctx`. */
export type HostFunctionName =
  | 'fs.readFile'
  | 'fs.readDir'
  | 'fs.stat'
  | 'fs.glob'
  | 'fs.writeFile'
  | 'fs.appendFile'
  | 'fs.mkdir'
  | 'fs.remove'
  | 'fs.rename'
  | 'fs.copy'
  | 'net.fetch'
  | 'net.readBody'
  | 'net.writeBody'
  | 'net.cancel'
  | 'env.read'
  | 'config.ensureSection'
  | 'artifacts.read'
  | 'artifacts.openRead'
  | 'artifacts.readChunk'
  | 'artifacts.closeRead'
  | 'artifacts.stat'
  | 'artifacts.list'
  | 'artifacts.wait'
  | 'artifacts.write'
  | 'artifacts.openWrite'
  | 'artifacts.writeChunk'
  | 'artifacts.closeWrite'
  | 'artifacts.delete'
  | 'artifacts.copy'
  | 'events.publish'
  | 'events.subscribe'
  | 'events.next'
  | 'events.unsubscribe'
  | 'analytics.track'
  | 'invoke.call'
  | 'shell.run'
  | 'presenter.message'
  | 'presenter.json'
  | 'presenter.error'
  | 'presenter.confirm';

/**
 * The host functions behind `ctx`, each with the capability that brings it. Some only move what others began: `net.*` but for
 * `net.fetch`, `artifacts.*Chunk`, `artifacts.close*`, `events.next`, `events.unsubscribe`. `analytics.track` is no call but a note.
 */
export const HOST_FUNCTIONS: Readonly<Record<HostFunctionName, string>> = Object.freeze({
  'fs.readFile': 'fs.read',
  'fs.readDir': 'fs.read',
  'fs.stat': 'fs.read',
  'fs.glob': 'fs.read',
  'fs.writeFile': 'fs.write',
  'fs.appendFile': 'fs.write',
  'fs.mkdir': 'fs.write',
  'fs.remove': 'fs.write',
  'fs.rename': 'fs.write',
  'fs.copy': 'fs.write',
  'net.fetch': 'net.fetch',
  'net.readBody': 'net.fetch',
  'net.writeBody': 'net.fetch',
  'net.cancel': 'net.fetch',
  'env.read': 'env.read',
  'config.ensureSection': 'config.write',
  'artifacts.read': 'artifacts.read',
  'artifacts.openRead': 'artifacts.read',
  'artifacts.readChunk': 'artifacts.read',
  'artifacts.closeRead': 'artifacts.read',
  'artifacts.stat': 'artifacts.read',
  'artifacts.list': 'artifacts.read',
  'artifacts.wait': 'artifacts.read',
  'artifacts.write': 'artifacts.write',
  'artifacts.openWrite': 'artifacts.write',
  'artifacts.writeChunk': 'artifacts.write',
  'artifacts.closeWrite': 'artifacts.write',
  'artifacts.delete': 'artifacts.write',
  'artifacts.copy': 'artifacts.write',
  'events.publish': 'events.publish',
  'events.subscribe': 'events.subscribe',
  'events.next': 'events.subscribe',
  'events.unsubscribe': 'events.subscribe',
  'analytics.track': 'analytics.track',
  'invoke.call': 'plugin.invoke',
  'shell.run': 'shell.run',
  'presenter.message': 'presenter.show',
  'presenter.json': 'presenter.show',
  'presenter.error': 'presenter.show',
  'presenter.confirm': 'presenter.confirm',
});
