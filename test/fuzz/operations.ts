/** What was understood of frames, as text that can be compared: operations, ranges, errors, targets and facts with their counts. */
import { beginImport } from '../../src/store/import-capture.ts';
import { createRecorder, endInterval, recordBatch } from '../../src/flow/recorder.ts';
import { writeFlows } from '../../src/store/write.ts';
import { batchOf, type Frame } from './frames.ts';
import { createMemoryStore } from './memory-store.ts';

const QUESTIONS = [
  `SELECT c.port, o.protocol, o.unit, o.function, o.requests, o.responses, o.errors FROM operation o JOIN conversation c ON c.id = o.conversation`,
  `SELECT o.protocol, o.unit, o.function, r.access, r.first, r.last, r.requests FROM operation_range r JOIN operation o ON o.id = r.operation`,
  `SELECT o.protocol, o.unit, o.function, e.code, e.count FROM operation_error e JOIN operation o ON o.id = e.operation`,
  `SELECT o.protocol, o.function, t.target, t.count FROM operation_target t JOIN operation o ON o.id = t.operation`,
  `SELECT name, value, to_server, to_client FROM conversation_fact`,
  `SELECT a.text, f.name, f.value, f.count FROM address_fact f JOIN address a ON a.id = f.address`,
  `SELECT c.text, s.text, v.port, v.service, v.service_by FROM conversation v JOIN address c ON c.id = v.client JOIN address s ON s.id = v.server`,
] as const;

/** At most one batch of frames, of one link type. */
export function understood(frames: readonly Frame[], opensTunnels = false): string {
  const recorder = createRecorder(null, opensTunnels);
  recordBatch(recorder, batchOf(frames));
  endInterval(recorder);
  const store = createMemoryStore();
  try {
    writeFlows(beginImport(store).writer, recorder.state, 1);
    return QUESTIONS.map((sql) => (store.db.prepare(sql).raw().all() as unknown[][]).map((row) => row.join(' ')).sort().join('\n')).join('\n--\n');
  } finally {
    store.close();
  }
}
