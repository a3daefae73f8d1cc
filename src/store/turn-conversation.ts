/**
 * A conversation whose direction was guessed, and the wrong way round: what was counted under it becomes part of the one that its
 * protocol proved, each direction for the other. Requests were taken for answers until a message told them apart, so they
 * change places; ranges, targets, errors and times are what both directions had in common. A request taken for the answer to one that was not
 * heard told its range once more: none is counted more often than it was asked. In: a store in which both are
 * written. Out: one of them. What a handshake or a protocol told stays.
 */
import type { Connection } from './database.ts';

/** A conversation as the store finds it: texts of addresses, IP protocol number, the server's port. */
export interface ConversationKey {
  readonly client: string;
  readonly server: string;
  readonly transport: number;
  readonly port: number;
}

/** direction_by of what told more than a port. */
const HANDSHAKE = 3;

const FIND = `SELECT id FROM conversation WHERE client = (SELECT id FROM address WHERE text = @client) AND server = (SELECT id FROM address WHERE text = @server)
  AND transport = @transport AND port = @port AND direction_by < ${HANDSHAKE}`;

/** Of `@guessed` into `@proven`, in this order. */
const TURN = [
  `UPDATE conversation SET
     vlan = coalesce(conversation.vlan, g.vlan),
     packets_to_server = conversation.packets_to_server + g.packets_to_client, packets_to_client = conversation.packets_to_client + g.packets_to_server,
     bytes_to_server = conversation.bytes_to_server + g.bytes_to_client, bytes_to_client = conversation.bytes_to_client + g.bytes_to_server,
     sessions = conversation.sessions + g.sessions, answered = conversation.answered + g.answered,
     requests = conversation.requests + (SELECT coalesce(sum(answers), 0) FROM conversation_hour WHERE conversation = g.id),
     first_ns = coalesce(min(conversation.first_ns, g.first_ns), conversation.first_ns, g.first_ns),
     last_ns = coalesce(max(conversation.last_ns, g.last_ns), conversation.last_ns, g.last_ns),
     days = merged_days(conversation.days, g.days), rhythm = merged_rhythm(conversation.rhythm, g.rhythm), rev = @revision
   FROM conversation g WHERE g.id = @guessed AND conversation.id = @proven`,
  `INSERT INTO conversation_hour (conversation, hour, packets_to_server, packets_to_client, bytes_to_server, bytes_to_client, requests, answers, rev)
   SELECT @proven, hour, packets_to_client, packets_to_server, bytes_to_client, bytes_to_server, coalesce(answers, 0), requests, @revision FROM conversation_hour WHERE conversation = @guessed
   ON CONFLICT DO UPDATE SET packets_to_server = packets_to_server + excluded.packets_to_server, packets_to_client = packets_to_client + excluded.packets_to_client,
     bytes_to_server = bytes_to_server + excluded.bytes_to_server, bytes_to_client = bytes_to_client + excluded.bytes_to_client,
     requests = requests + excluded.requests, answers = answers + excluded.answers, rev = excluded.rev`,
  'DELETE FROM conversation_hour WHERE conversation = @guessed',
  `INSERT INTO conversation_fact (conversation, name, value, to_server, to_client)
   SELECT @proven, name, value, to_client, to_server FROM conversation_fact WHERE conversation = @guessed
   ON CONFLICT DO UPDATE SET to_server = to_server + excluded.to_server, to_client = to_client + excluded.to_client`,
  'DELETE FROM conversation_fact WHERE conversation = @guessed',
  'DELETE FROM conversation WHERE id = @guessed',
] as const;

const OPERATIONS = `SELECT g.id, p.id FROM operation g
  LEFT JOIN operation p ON p.conversation = @proven AND p.protocol = g.protocol AND p.unit = g.unit AND p.function = g.function
  WHERE g.conversation = @guessed ORDER BY g.id`;

/** An operation that the proven conversation has not. */
const MOVE = [
  'UPDATE operation SET conversation = @proven, requests = responses, responses = requests, rev = @revision WHERE id = @from',
  'UPDATE operation_hour SET requests = responses, responses = requests, rev = @revision WHERE operation = @from',
  'UPDATE operation_range SET requests = min(requests, (SELECT requests FROM operation WHERE id = @from)) WHERE operation = @from',
] as const;

/** One that it has. */
const MERGE = [
  `UPDATE operation SET requests = operation.requests + g.responses, responses = operation.responses + g.requests, errors = operation.errors + g.errors,
     ranges_folded = operation.ranges_folded + g.ranges_folded,
     first_ns = coalesce(min(operation.first_ns, g.first_ns), operation.first_ns, g.first_ns), last_ns = coalesce(max(operation.last_ns, g.last_ns), operation.last_ns, g.last_ns),
     days = merged_days(operation.days, g.days), rhythm = merged_rhythm(operation.rhythm, g.rhythm), rev = @revision
   FROM operation g WHERE g.id = @from AND operation.id = @to`,
  `INSERT INTO operation_hour (operation, hour, requests, responses, errors, rev) SELECT @to, hour, responses, requests, errors, @revision FROM operation_hour WHERE operation = @from
   ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, responses = responses + excluded.responses, errors = errors + excluded.errors, rev = excluded.rev`,
  'DELETE FROM operation_hour WHERE operation = @from',
  `INSERT INTO operation_range (operation, access, first, last, requests) SELECT @to, access, first, last, min(requests, (SELECT responses FROM operation WHERE id = @from))
   FROM operation_range WHERE operation = @from
   ON CONFLICT DO UPDATE SET requests = requests + excluded.requests`,
  'DELETE FROM operation_range WHERE operation = @from',
  `INSERT INTO operation_error (operation, code, count) SELECT @to, code, count FROM operation_error WHERE operation = @from
   ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  'DELETE FROM operation_error WHERE operation = @from',
  `INSERT INTO operation_target (operation, target, count) SELECT @to, target, count FROM operation_target WHERE operation = @from
   ON CONFLICT DO UPDATE SET count = count + excluded.count`,
  'DELETE FROM operation_target WHERE operation = @from',
  'DELETE FROM operation WHERE id = @from',
] as const;

/** @param guessed the conversation's own ends the other way round @param proven id of the conversation that is right. The caller owns the transaction. */
export function turnConversation(db: Connection, guessed: ConversationKey, proven: number, revision: number): void {
  const id = db.prepare(FIND).pluck().get(guessed) as number | undefined;
  if (id === undefined) return;
  const run = (statements: readonly string[], names: Readonly<Record<string, number>>): void => {
    for (const sql of statements) db.prepare(sql).run(names);
  };
  for (const [from, to] of db.prepare(OPERATIONS).raw().all({ guessed: id, proven }) as [number, number | null][]) {
    if (to === null) run(MOVE, { proven, revision, from });
    else run(MERGE, { revision, from, to });
  }
  run(TURN, { guessed: id, proven, revision });
}
