// Preloaded by vitest and by tests that start the program from source: TypeScript in every thread, not in the first one alone.
import { register } from 'tsx/esm/api';

register();
