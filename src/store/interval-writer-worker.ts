/** The thread that writes intervals into the store (interval-writer.ts), with a connection of its own. In: intervals. Out: an answer each. */
import { parentPort, workerData } from 'node:worker_threads';
import { errorCode, errorText } from '../errors.ts';
import { dropPrivileges } from '../source/live-privileges.ts';
import { openBeside } from './database.ts';
import { writeInterval } from './interval.ts';
import type { IntervalAnswer, IntervalRequest, WriterSetting } from './interval-writer.ts';
import { createStoreWriter, type StoreWriter } from './write-statements.ts';

const { path, isDurable, busyMs, isUnprivileged } = workerData as WriterSetting;
let writer: StoreWriter | undefined;

if (isUnprivileged) dropPrivileges({ keepNetRaw: false });

function open(): StoreWriter {
  const db = openBeside(path);
  if (isDurable) db.pragma('synchronous = FULL');
  if (busyMs > 0) db.pragma(`busy_timeout = ${busyMs}`);
  return createStoreWriter(db);
}

function answer(interval: NonNullable<IntervalRequest>): IntervalAnswer {
  try {
    writer ??= open();
    return { written: writeInterval(writer, interval) };
  } catch (error) {
    return { refusal: errorText(error), code: errorCode(error) };
  }
}

parentPort?.on('message', (request: IntervalRequest) => {
  if (request !== null) return parentPort?.postMessage(answer(request));
  writer?.db.close();
  parentPort?.close();
});
