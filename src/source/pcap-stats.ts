/**
 * Totals of a live capture from pcap_stats. In: readings of libpcap's running 32-bit counters, which wrap after 2^32
 * packets (9.9 days at 5,000 a second) and start again whenever an interface is opened anew. Out: totals that only
 * grow, exact to 2^53. On Linux `ps_recv` includes `ps_drop` (libpcap, pcap-linux.c), so what the kernel received is
 * what was processed, what it dropped, and what still waits in its ring buffer.
 */

export interface CaptureTotals {
  /** processed + kernelDropped: packets that left the kernel's ring buffer, one way or the other. */
  readonly received: number;
  /** Packets handed to us. */
  readonly processed: number;
  /** Packets the kernel dropped because its ring buffer was full: we were too slow. */
  readonly kernelDropped: number;
  /** Packets the interface or its driver dropped, as far as it says. */
  readonly interfaceDropped: number;
  /** Packets the kernel has counted that were neither dropped nor processed yet: waiting in its ring buffer. */
  readonly waiting: number;
  /** Readings that could not be right (a counter that ran back): the interface was reset underneath. */
  readonly resets: number;
  /** Readings that libpcap refused. */
  readonly failedReadings: number;
}

/** One reading: the 32-bit counters as they stand, and our own count of processed packets since opening. */
export interface StatsReading {
  readonly processed: number;
  readonly received: number;
  readonly dropped: number;
  readonly interfaceDropped: number;
  /** `unread`: the kernel's figures are those of the last reading; `failed`: libpcap could not say. */
  readonly kernel: 'read' | 'unread' | 'failed';
}

export interface StatsMeter {
  read(reading: StatsReading): void;
  /** The interface was opened anew: its counters start from nought. */
  reopened(): void;
  totals(): CaptureTotals;
}

export function createStatsMeter(): StatsMeter {
  let kernelReceived = 0;
  let kernelDropped = 0;
  let interfaceDropped = 0;
  let processed = 0;
  let resets = 0;
  let failedReadings = 0;
  // Where each counter stood at the last reading.
  let lastReceived = 0;
  let lastDropped = 0;
  let lastInterfaceDropped = 0;
  let lastProcessed = 0;

  /** Growth since the last reading, modulo 2^32. Half the range within one reading is no growth: it ran back. */
  const grown = (now: number, before: number): number => {
    const delta = (now - before) >>> 0;
    if (delta < 0x8000_0000) return delta;
    resets++;
    return 0;
  };

  return {
    read(reading) {
      if (reading.processed > lastProcessed) {
        processed += reading.processed - lastProcessed;
        lastProcessed = reading.processed;
      }
      if (reading.kernel === 'failed') failedReadings++;
      if (reading.kernel !== 'read') return;
      kernelReceived += grown(reading.received, lastReceived);
      kernelDropped += grown(reading.dropped, lastDropped);
      interfaceDropped += grown(reading.interfaceDropped, lastInterfaceDropped);
      lastReceived = reading.received;
      lastDropped = reading.dropped;
      lastInterfaceDropped = reading.interfaceDropped;
    },
    reopened() {
      // What waited in the old ring buffer went with it: it never reached us, and nobody else will account for it.
      const lost = kernelReceived - kernelDropped - processed;
      if (lost > 0) kernelDropped += lost;
      kernelReceived = processed + kernelDropped;
      lastReceived = lastDropped = lastInterfaceDropped = lastProcessed = 0;
    },
    totals() {
      const received = processed + kernelDropped;
      return {
        received,
        processed,
        kernelDropped,
        interfaceDropped,
        waiting: Math.max(0, kernelReceived - received),
        resets,
        failedReadings,
      };
    },
  };
}

/** The sum over several interfaces. */
export function sumTotals(all: readonly CaptureTotals[]): CaptureTotals {
  const sum = (of: (totals: CaptureTotals) => number): number => all.reduce((total, one) => total + of(one), 0);
  return {
    received: sum((t) => t.received),
    processed: sum((t) => t.processed),
    kernelDropped: sum((t) => t.kernelDropped),
    interfaceDropped: sum((t) => t.interfaceDropped),
    waiting: sum((t) => t.waiting),
    resets: sum((t) => t.resets),
    failedReadings: sum((t) => t.failedReadings),
  };
}
