/**
 * The store's state as programs read it (`status --json`, docs/json/status.schema.json), with sensor truth in sentences.
 * In: what the store says of itself, how many assets, completeness. Out: one record.
 */
import { HOUR_MS } from '../net/time.ts';
import { grouped } from '../infer/plural.ts';
import type { Completeness } from '../infer/proposal.ts';
import type { LogStatus } from '../store/firewall-logs.ts';
import { isDeaf, type SensorTruthHour } from '../store/read-sensor.ts';
import type { HourlyStatus, SeenKnock, StoreStatus } from '../store/read-status.ts';
import { STOP_PREFIX, withPrefix } from './counters.ts';
import { isoInstant, shortInstant } from './instant.ts';
import type { CompletenessRecord, FirewallLogsRecord, StatusRecord } from './json-shapes.ts';
import { lossesOf, overlapSentences, secondsAtMost } from './sensor-losses.ts';

export function statusRecord(path: string, status: HourlyStatus, assets: number, completeness: Completeness): StatusRecord {
  const losses = lossesOf(status);
  const overlaps = overlapSentences(status);
  return {
    store: { path, version: status.version },
    span: { first: isoInstant(status.firstNs), last: isoInstant(status.lastNs) },
    captures: status.captures.map((capture) => ({
      id: capture.id,
      kind: capture.kind,
      name: capture.name,
      format: capture.format,
      digest: capture.digest,
      state: capture.state as StatusRecord['captures'][number]['state'],
      ...(capture.reason === '' ? {} : { reason: capture.reason }),
      packets: capture.packets,
      bytes: capture.bytes,
      first: isoInstant(capture.firstNs),
      last: isoInstant(capture.lastNs),
    })),
    capture: { ...status.live },
    limits: { evictedConversations: status.foldedConversations, foldedPackets: status.foldedPackets },
    totals: {
      packets: status.totals.packets,
      bytes: status.totals.bytes,
      conversations: status.totals.conversations,
      assets,
      operations: status.totals.operations,
    },
    stops: withPrefix(status.counters, STOP_PREFIX),
    sensor: {
      // Sums that say too much miss nothing.
      complete: losses.length === overlaps.length,
      losses,
      scans: scanSentences(status),
      overlaps,
      activeHours: status.activeHours,
      spannedHours: status.spannedHours,
      lostSegments: status.lostSegments,
      duplicates: status.duplicates,
      oneWayConversations: status.oneWayConversations,
      vlans: [...new Set(status.hours.flatMap((hour) => hour.vlans))].sort((a, b) => a - b),
      hours: status.hours.map((hour) => sensorHourRecord(hour, status.oneWayHours.get(hour.hour))),
    },
    counters: Object.fromEntries(Object.entries(status.counters).filter(([name]) => !name.startsWith(STOP_PREFIX))),
    firewallLogs: firewallLogsRecord(status.logs),
    completeness: completenessRecord(completeness),
  };
}

const PASSED_OVER = 'passed-over.';
const UNREAD = 'unread.';

function firewallLogsRecord({ logs, attempts, verdicts }: LogStatus): FirewallLogsRecord {
  return {
    logs: logs.map((log) => ({
      id: log.id,
      name: log.name,
      digest: log.digest,
      state: log.state,
      ...(log.reason === '' ? {} : { reason: log.reason }),
      lines: log.lines,
      records: log.entries,
      first: isoInstant(log.firstNs),
      last: isoInstant(log.lastNs),
      assumptions: [...log.assumptions],
      passedOver: withPrefix(log.counters, PASSED_OVER),
      unread: withPrefix(log.counters, UNREAD),
      samples: log.samples.map(({ line, name, text }) => ({ line, reason: name.slice(UNREAD.length), text })),
    })),
    attempts,
    records: { ...verdicts },
    folded: logs.reduce((sum, log) => sum + (log.counters['folded'] ?? 0), 0),
  };
}

const seconds = (ms: number): number => Math.round(ms / 1000);

function sensorHourRecord(truth: SensorTruthHour, tcp: { readonly oneWay: number; readonly all: number } | undefined): StatusRecord['sensor']['hours'][number] {
  const { hour, packets, bytes, lostSegments, duplicates, vlans, kernelDropped, interfaceDropped, notAnalysed, clockSteps } = truth;
  return {
    hour: new Date(hour * HOUR_MS).toISOString(),
    packets, bytes, lostSegments, duplicates,
    tcpConversations: tcp?.all ?? 0,
    oneWayConversations: tcp?.oneWay ?? 0,
    vlans: [...vlans],
    kernelDropped, interfaceDropped, notAnalysed,
    listenedSeconds: seconds(truth.listenedMs),
    awaySeconds: seconds(truth.awayMs),
    downSeconds: seconds(truth.downMs),
    silentSeconds: seconds(truth.silentMs),
    killedSeconds: secondsAtMost(truth.killedMs),
    clockSteps,
    deaf: isDeaf(truth),
  };
}

/** Who scanned what, how much of it and when: no loss, but nobody's work either. */
const scanSentences = ({ portScans }: StoreStatus): string[] =>
  portScans.map(({ kind, knocks }) => {
    const [{ client, server, transport, port }] = knocks;
    const protocol = transport.toUpperCase();
    const open = knocks.filter(({ isAnswered }) => isAnswered).length;
    const edge = (pick: (knock: SeenKnock) => bigint | null, later: boolean): bigint | null =>
      knocks.map(pick).reduce((held, ns) => (held === null || (ns !== null && ns > held === later) ? ns : held), null);
    const what = kind === 'ports' ? `${grouped(knocks.length)} ${protocol} ports of ${server}` : `${protocol} port ${port} of ${grouped(knocks.length)} addresses`;
    return `${client} tried ${what}, ${open === 0 ? 'none of which' : `${grouped(open)} of which`} answered, ${shortInstant(edge(({ firstNs }) => firstNs, false))} to ${shortInstant(edge(({ lastNs }) => lastNs, true))} UTC`;
  });

function completenessRecord(completeness: Completeness): CompletenessRecord {
  const { plant } = completeness;
  return {
    sufficient: completeness.sufficient,
    estimate: plant.completeness,
    days: plant.days,
    seen: plant.seen,
    unseen: plant.unseen,
    newShare: plant.newShare,
    newShareLow: plant.newShareLow,
    newShareHigh: plant.newShareHigh,
    newIn28Days: plant.newIn28Days,
    newIn28DaysLow: plant.newIn28DaysLow,
    newIn28DaysHigh: plant.newIn28DaysHigh,
    moreDays: completeness.moreDays,
    listenUntil: completeness.listenUntil,
    regimes: completeness.regimes.map(({ regime, covered, sentence }) => ({ regime, covered, sentence })),
    conduits: completeness.conduits.flatMap((conduit) => conduit.directions.map(({ fromZone, toZone, seen, unseen, newIn28Days }) => ({
      fromZone, toZone, completeness: conduit.completeness, seen, unseen, newIn28Days, sufficient: conduit.sufficient,
    }))),
    sentences: [...completeness.sentences],
  };
}
