// Preloaded by vitest. It does not load what the program starts as threads and processes of its own, so those are taken as
// they are built (build-program.ts): compiled on the way, each would take a second to start.
import { register } from 'node:module';

/** Where scripts/build.mjs puts what is loaded by path. */
const builtOf = (place) => place.replace(/\/src\/(?:.*\/)?([\w-]+)\.ts$/, (_all, name) => (name === 'main' ? '/dist/main.js' : `/dist/program/${name}.js`));

/** The first module, which no other asks for, is what was started. */
const hook = `const builtOf = ${builtOf}; export const resolve = (name, context, next) => next(context.parentURL === undefined ? builtOf(name) : name, context);`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
// main.js begins only where it is what was started.
if (process.argv[1] !== undefined) process.argv[1] = builtOf(process.argv[1]);
