/** The bars of docs/performance.md. In: medians of one interleaved run. Out: which are held. */
export interface Measured {
  readonly name: string;
  readonly packets: number;
  readonly wallS: number;
  readonly cpuS: number;
  readonly peakMiB: number;
}

export interface FlatnessPoint {
  readonly packets: number;
  readonly cpuNs: number;
  readonly peakMiB: number;
}

interface Bar {
  readonly text: string;
  readonly isHeld: boolean;
}

const PEAK_MIB = 238; // 250 MB

export function checkBars(rows: readonly Measured[], flat: readonly FlatnessPoint[] | null): Bar[] {
  const row = (name: string): Measured | undefined => rows.find((one) => one.name === name);
  const bars: Bar[] = [];
  /** Speed of `ours` against `theirs`, by wall time: at least `least`. */
  const faster = (ours: string, theirs: string, least: number): void => {
    const [a, b] = [row(ours), row(theirs)];
    if (a === undefined || b === undefined) return;
    const ratio = b.wallS / b.packets / (a.wallS / a.packets);
    bars.push({ text: `${ours} at ${ratio.toFixed(2)} x the speed of ${theirs} (at least ${Number(least.toFixed(2))})`, isHeld: ratio >= least });
  };
  faster('baseline', 'tcpdump', 0.6);
  faster('baseline', 'nfpcapd', 1.8);
  faster('baseline', 'argus, ra', 2.5);
  faster('baseline', 'tshark', 30);
  faster('decode loop', 'core.c', 0.5);
  faster('baseline, pcapng', 'baseline', 1 / 1.15);
  faster('baseline, 1 M tuples', 'baseline', 1 / 4);
  for (const one of rows.filter(({ name }) => name.startsWith('baseline'))) {
    bars.push({ text: `${one.name} in ${one.peakMiB.toFixed(0)} MiB (at most ${PEAK_MIB})`, isHeld: one.peakMiB <= PEAK_MIB });
  }
  if (flat !== null) {
    const [first, last] = [flat[0], flat[flat.length - 1]];
    const growth = last.cpuNs / first.cpuNs;
    bars.push({ text: `${last.packets / 1e6} M packets at ${growth.toFixed(2)} x the cost a packet of ${first.packets / 1e6} M (at most 1.1)`, isHeld: growth <= 1.1 });
    bars.push({ text: `${last.packets / 1e6} M packets in ${last.peakMiB.toFixed(0)} MiB (at most ${PEAK_MIB})`, isHeld: last.peakMiB <= PEAK_MIB });
  }
  return bars;
}
