/** The thread that writes intervals into the store (interval-writer.ts), with a connection of its own. In: intervals. Out: an answer each. */
import { parentPort, workerData } from 'node:worker_threads';
import { openBeside } from './database.ts';
import { writeInterval } from './interval.ts';
import type { IntervalAnswer, IntervalRequest } from './interval-writer.ts';
import { createStoreWriter, type StoreWriter } from './write-statements.ts';

let writer: StoreWriter | undefined;

function answer(interval: NonNullable<IntervalRequest>): IntervalAnswer {
  try {
    writer ??= createStoreWriter(openBeside(workerData as string));
    return { written: writeInterval(writer, interval) };
  } catch (error) {
    return { refusal: error instanceof Error ? error.message : String(error), code: (error as { code?: unknown }).code };
  }
}

parentPort?.on('message', (request: IntervalRequest) => {
  if (request !== null) return parentPort?.postMessage(answer(request));
  writer?.db.close();
  parentPort?.close();
});
