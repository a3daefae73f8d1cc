/**
 * Every text of a store, shown to a rewriter and put back: for a store that leaves the plant without its names. In: an open
 * store and what becomes of each kind of text. Out: the store changed, or only read. A text column that is not decided about
 * here stops the work: a new table must not slip through.
 */
import type { Connection } from './database.ts';

export interface TextRewriter {
  address(text: string): string;
  /** A host, zone, rule or person. */
  name(text: string): string;
  fact(name: string, value: string): string;
  target(protocol: string, target: string): string;
  words(text: string): string;
  /** What a firewall calls an application: its maker's name for it, or the administrator's. */
  application(text: string): string;
  /** A sentence of ours, in which addresses and names may stand. */
  scrub(text: string): string;
  /** What a capture was called: a path, an interface. */
  captureName(id: number, name: string): string;
  /** How a capture ended: our sentence, in which its name may stand. */
  captureReason(reason: string, name: string): string;
}

/** Columns whose texts are our own words, numbers or digests: they hold nothing of the plant. */
const OWN_WORDS = new Set([
  'capture.kind', 'capture.format', 'capture.head', 'capture.digest', 'capture.content_head', 'capture.content_digest', 'capture.state', 'capture_form.head', 'capture_form.digest', 'address_fact.name', 'conversation_fact.name', 'conversation.days', 'conversation.rhythm', 'operation.protocol', 'operation.days', 'operation.rhythm', 'store_meta.key', 'store_meta.value',
  'probe_run.spec_digest', 'probe_run.state', 'probe.kind', 'probe.expected', 'probe.outcome', 'probe.verdict',
  'firewall_log.kind', 'firewall_log.head', 'firewall_log.digest', 'firewall_log.state', 'attempt.format', 'attempt.transport',
]);
/** Of these, what looks like a word of ours stays. */
const MOSTLY_OWN = ['capture_counter.name', 'sensor_hour_counter.name', 'conversation.service', 'firewall_log_counter.name', 'firewall_log_sample.name'] as const;
/** Out of each other's way first: a new text may be another one's old text. */
const MARK = '\u0001';
const OWN_WORD = /^[\w.:/+-]{0,60}$/;

/** Column -> which of the rewriter's ways it goes; each row by itself. */
const PLAIN: Readonly<Record<string, 'name' | 'words' | 'address' | 'scrub' | 'application'>> = {
  'probe_run.operator': 'words', 'probe_run.zone': 'name', 'probe_run.spec': 'words', 'probe_run.reason': 'words',
  'probe.host': 'address', 'probe.permit': 'name', 'probe.to_zone': 'name', 'probe.detail': 'words',
  'firewall_log.name': 'words', 'firewall_log.reason': 'scrub', 'firewall_log.assumptions': 'scrub', 'firewall_log_sample.text': 'words',
  'attempt.device': 'address', 'attempt.rule': 'name', 'attempt.client': 'address', 'attempt.server': 'address', 'attempt.application': 'application',
};

const REBUILT = ['capture.name', 'capture.reason', 'address.text', 'address_fact.value', 'conversation_fact.value', 'operation_target.target'];

/** @param isChanging false: everything is shown, nothing is written */
export function rewriteTexts(db: Connection, rewriter: TextRewriter, isChanging: boolean): void {
  checkColumns(db);
  const run = (sql: string): ((...values: readonly unknown[]) => void) => {
    const statement = db.prepare(sql);
    return (...values) => void (isChanging && statement.run(...values));
  };
  const all = <R extends readonly unknown[]>(sql: string): R[] => db.prepare(sql).raw().all() as R[];

  const renameCapture = run('UPDATE capture SET name = ?, reason = ? WHERE id = ?');
  for (const [id, name, reason] of all<[number, string, string]>('SELECT id, name, reason FROM capture ORDER BY id')) {
    renameCapture(rewriter.captureName(id, name), rewriter.captureReason(reason, name), id);
  }

  const readdress = run('UPDATE address SET text = ? WHERE id = ?');
  const addresses = all<[number, string]>('SELECT id, text FROM address ORDER BY id').map(([id, text]) => [id, rewriter.address(text)] as const);
  for (const [id] of addresses) readdress(`${MARK}${id}`, id);
  for (const [id, text] of addresses) readdress(text, id);

  /** Rows whose key holds the text: two that become one add up. */
  const rebuild = <R extends readonly unknown[]>(select: string, insert: string, rewrite: (row: R) => readonly unknown[]): void => {
    const rows = all<R>(select).map(rewrite);
    run(`DELETE FROM ${/INTO (\w+)/.exec(insert)?.[1] ?? ''}`)();
    const add = run(insert);
    for (const row of rows) add(...row);
  };
  rebuild<[number, string, string, number]>(
    'SELECT address, name, value, count FROM address_fact ORDER BY address, name, value',
    'INSERT INTO address_fact (address, name, value, count) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    ([address, name, value, count]) => [address, name, rewriter.fact(name, value), count]);
  rebuild<[number, string, string, number, number]>(
    'SELECT conversation, name, value, to_server, to_client FROM conversation_fact ORDER BY conversation, name, value',
    `INSERT INTO conversation_fact (conversation, name, value, to_server, to_client) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET to_server = to_server + excluded.to_server, to_client = to_client + excluded.to_client`,
    ([conversation, name, value, toServer, toClient]) => [conversation, name, rewriter.fact(name, value), toServer, toClient]);
  rebuild<[number, string, number, string]>(
    'SELECT t.operation, t.target, t.count, o.protocol FROM operation_target t JOIN operation o ON o.id = t.operation ORDER BY t.operation, t.target',
    'INSERT INTO operation_target (operation, target, count) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    ([operation, target, count, protocol]) => [operation, rewriter.target(protocol, target), count]);

  for (const column of [...MOSTLY_OWN, ...Object.keys(PLAIN)]) {
    const [table, name] = column.split('.');
    const way = PLAIN[column];
    const replacements = all<[string]>(`SELECT DISTINCT ${name} FROM ${table} ORDER BY ${name}`)
      .map(([text]) => [text, text === '' || (way === undefined && OWN_WORD.test(text)) ? text : rewriter[way ?? 'words'](text)] as const)
      .filter(([text, replaced]) => replaced !== text);
    const mark = run(`UPDATE ${table} SET ${name} = ? || ${name} WHERE ${name} = ?`);
    const replace = run(`UPDATE ${table} SET ${name} = ? WHERE ${name} = ? || ?`);
    for (const [text] of replacements) mark(MARK, text);
    for (const [text, replaced] of replacements) replace(replaced, MARK, text);
  }
}

function checkColumns(db: Connection): void {
  const known = new Set([...OWN_WORDS, ...MOSTLY_OWN, ...Object.keys(PLAIN), ...REBUILT, 'decoder_state.state', 'firewall_log.clock']);
  const columns = db
    .prepare("SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type IN ('TEXT', 'BLOB', 'ANY') ORDER BY 1")
    .pluck()
    .all() as string[];
  const unknown = columns.filter((column) => !known.has(column));
  if (unknown.length > 0) throw new Error(`nobody decided what redaction does with ${unknown.join(', ')}`);
}
