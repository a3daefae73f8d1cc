/** Folders that are made on the way to a file. */
import { lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it that are not there yet; throws the system's error where it cannot. Not mkdir's own recursion: on
 * a file system that is read-only it says that the folder above is not there, and where none can be made (/proc) it tries for ever.
 * @param mode of each that is made, before the umask
 */
export function makeFolders(path: string, mode = 0o777): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) return;
  makeFolders(dirname(path), mode);
  mkdirSync(path, { mode });
}
