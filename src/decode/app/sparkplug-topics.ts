/**
 * Topics of Sparkplug B (Sparkplug 3.0.0, clause 4.2; ISO/IEC 20237), by which edge nodes report over MQTT and hosts command them. In: the
 * topic of a message. Out: what the message is, and whose: `group/edge node`, or a host's own identifier.
 */
export const SPARKPLUG = Object.freeze({ report: 0, nodeCommand: 1, deviceCommand: 2, state: 3 } as const);

interface SparkplugTopic {
  readonly kind: number;
  readonly name: string;
}

const NAMESPACE = 'spBv1.0/';
const KINDS = new Map<string, { readonly kind: number; readonly levels: number }>([
  ['NBIRTH', { kind: SPARKPLUG.report, levels: 4 }],
  ['NDATA', { kind: SPARKPLUG.report, levels: 4 }],
  ['NDEATH', { kind: SPARKPLUG.report, levels: 4 }],
  ['NCMD', { kind: SPARKPLUG.nodeCommand, levels: 4 }],
  ['DBIRTH', { kind: SPARKPLUG.report, levels: 5 }],
  ['DDATA', { kind: SPARKPLUG.report, levels: 5 }],
  ['DDEATH', { kind: SPARKPLUG.report, levels: 5 }],
  ['DCMD', { kind: SPARKPLUG.deviceCommand, levels: 5 }],
]);
const STATE = 'STATE';

/** Null where the topic is none of Sparkplug's. */
export function readSparkplugTopic(topic: string): SparkplugTopic | null {
  if (!topic.startsWith(NAMESPACE)) return null;
  const levels = topic.split('/');
  const [, group, type, node] = levels;
  if (levels.length === 3 && group === STATE && type !== '') return { kind: SPARKPLUG.state, name: type };
  const known = KINDS.get(type);
  const isWhole = known !== undefined && levels.length === known.levels && levels.every((level) => level !== '');
  return isWhole ? { kind: known.kind, name: `${group}/${node}` } : null;
}
