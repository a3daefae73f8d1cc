// Preloaded by vitest. It does not load what the program starts as threads and processes of its own, so those are taken as
// they are built (build-program.ts): compiled on the way, each would take a second to start.
import { register } from 'node:module';

const [source, built] = ['../src/', '../dist/'].map((folder) => new URL(folder, import.meta.url).href);
/** Of module names only the first, which no other module has asked for, is what was started. */
const hook = `export const resolve = (name, context, next) =>
  next(context.parentURL === undefined && name.startsWith('${source}') ? name.replace('${source}', '${built}').replace(/\\.ts$/, '.js') : name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
