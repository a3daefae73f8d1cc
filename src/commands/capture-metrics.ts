/**
 * The figures of a running capture under the names that Prometheus keeps them by. In: figures of the run, states of the
 * interfaces and the ring. Out: metrics; totals of the run, which start from nought with each process, as counters do.
 */
import process from 'node:process';
import type { LiveSource } from '../source/live.ts';
import type { RingWriter } from '../source/ring-writer.ts';
import type { RunFigures } from '../store/live-run.ts';
import type { Metric } from './metrics-endpoint.ts';

export function captureMetrics(figures: RunFigures, completeness: number | null, live: LiveSource | null, ring: RingWriter | null): Metric[] {
  const states = live?.states() ?? [];
  const byInterface = (name: string, help: string, kind: Metric['kind'], of: (state: (typeof states)[number]) => number): Metric[] =>
    states.map((state) => ({ name: `baseline_${name}`, help, kind, value: of(state), labels: { interface: state.name } }));
  const memory = process.memoryUsage();
  const one = (name: string, help: string, kind: Metric['kind'], value: number): Metric => ({ name: `baseline_${name}`, help, kind, value });
  return [
    one('packets_total', 'Packets taken.', 'counter', figures.packets),
    one('bytes_total', 'Octets of these packets on the wire.', 'counter', figures.bytes),
    one('packets_not_analysed_total', 'Packets taken while the store refused and the tables were full.', 'counter', figures.notAnalysed),
    ...byInterface('received_total', 'Packets received: processed and dropped by the kernel.', 'counter', (state) => state.totals.received),
    ...byInterface('kernel_dropped_total', 'Packets dropped by the kernel: its buffer was full.', 'counter', (state) => state.totals.kernelDropped),
    ...byInterface('interface_dropped_total', 'Packets dropped by the interface or its driver.', 'counter', (state) => state.totals.interfaceDropped),
    ...byInterface('interface_reopened_total', 'Times the interface went and came back.', 'counter', (state) => state.reopenings),
    ...byInterface('interface_up', 'Whether the interface is open and its link up.', 'gauge', (state) => (state.state === 'open' && state.linkUp ? 1 : 0)),
    one('conversations', 'Conversations in the store.', 'gauge', figures.conversations),
    one('conversations_new_last_hour', 'Conversations that the store did not have an hour ago.', 'gauge', figures.newInLastHour),
    ...(completeness === null ? [] : [one('completeness', 'Share seen of the different operations that will have been asked in 28 days, as status estimates it.', 'gauge', completeness)]),
    one('checkpoint_age_seconds', 'Since the last checkpoint was tried.', 'gauge', Math.round(figures.checkpointAgeMs) / 1000),
    one('store_refuses', 'Whether the last checkpoint was refused: disk full, store locked.', 'gauge', figures.refusal === '' ? 0 : 1),
    one('resident_memory_bytes', 'Memory of the process.', 'gauge', memory.rss),
    one('heap_used_bytes', 'Memory of JavaScript objects, dead ones that are not collected yet among them.', 'gauge', memory.heapUsed),
    ...(ring === null
      ? []
      : [
          one('ring_packets_kept_total', 'Packets kept in ring files.', 'counter', ring.state().framesKept),
          one('ring_packets_not_kept_total', 'Packets that could not be kept in ring files.', 'counter', ring.state().framesNotKept),
        ]),
  ];
}
