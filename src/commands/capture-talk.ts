/**
 * What a capture says while it runs, and what it counts of its own troubles. In: events of the interfaces, figures of the
 * run, once a second. Out: sentences for a person, each once when something changes; a status line; and counters
 * (`live.*`) that stay in the store as sensor truth.
 */
import { HOUR_MS } from '../net/time.ts';
import { wholePercent } from '../infer/completeness-words.ts';
import { grouped, groupedPlural } from '../infer/plural.ts';
import { shortOctets } from '../render/instant.ts';
import type { CaptureTotals } from '../source/pcap-stats.ts';
import type { LiveEvent } from '../source/live-channel.ts';
import type { RunFigures } from '../store/live-run.ts';
import { SILENCE_MS } from './capture-truth.ts';

export interface Talk {
  /** Where the capture's own counters go; events before there is a run are kept until then. */
  attach(note: (name: string, by?: number) => void, noteHour: (name: string, by: number) => void): void;
  event(event: LiveEvent): void;
  /** Once a second. @param completeness from 0 to 1, null while it is not known */
  tick(figures: RunFigures, totals: CaptureTotals | null, completeness: number | null): void;
  /** Of a capture that fails, what it could not write; '' where that is nothing. */
  missing(figures: RunFigures): string;
  /** The last sentence. */
  summary(figures: RunFigures, totals: CaptureTotals | null): string;
}

export interface TalkOptions {
  readonly name: string;
  readonly nowMs: () => number;
  say(line: string): void;
  progress(line: string): void;
}

export function createTalk({ name, nowMs, say, progress }: TalkOptions): Talk {
  let early: [string, number][] = [];
  let note = (counter: string, by = 1): void => void early.push([counter, by]);
  let noteHour: (name: string, by: number) => void = () => {};
  const beganMs = nowMs();
  let hourMs = beganMs;
  let tickMs = beganMs;
  let heardMs = beganMs;
  let packets = 0;
  let isSilent = false;
  let isRefused = false;
  let hasDropped = false;
  let atHour = { packets: 0, lost: 0 };

  function watchSilence(now: number, figures: RunFigures): void {
    if (figures.packets > packets) {
      if (isSilent) {
        say(`${name}: packets again, after ${timeText(now - heardMs)} of silence`);
        note('live.silent-seconds', Math.round((now - heardMs) / 1000));
      }
      isSilent = false;
      heardMs = now;
    } else if (!isSilent && now - heardMs >= SILENCE_MS) {
      isSilent = true;
      note('live.silence');
      say(`${name}: not one packet for ${timeText(now - heardMs)}; is the mirror port still there?`);
    }
  }

  function watchStore(figures: RunFigures): void {
    const refused = figures.refusal !== '';
    if (refused && !isRefused) say(`${figures.refusal}; counting goes on in memory, and it is tried again at every checkpoint`);
    if (!refused && isRefused) {
      const lost = figures.notAnalysed === 0 ? 'nothing was lost' : `${groupedPlural(figures.notAnalysed, 'packet was', 'packets were')} not analysed`;
      say(`the store takes checkpoints again; ${lost}`);
    }
    isRefused = refused;
  }

  return {
    attach(to, toHour) {
      for (const [counter, by] of early) to(counter, by);
      early = [];
      note = to;
      noteHour = toHour;
    },
    event(event) {
      for (const [counter, by] of countersOf(event)) note(counter, by);
      if (event.kind === 'clock-step') noteHour('clock-step', 1);
      const line = sentenceOf(event);
      if (line !== '') say(line);
    },
    tick(figures, totals, completeness) {
      const now = nowMs();
      const rate = now > tickMs ? ((figures.packets - packets) * 1000) / (now - tickMs) : 0;
      const lost = lostOf(figures, totals);
      watchSilence(now, figures);
      watchStore(figures);
      if (!hasDropped && totals !== null && totals.kernelDropped > 0) {
        hasDropped = true;
        say(`${name}: the kernel drops packets, for they are not taken fast enough; a larger --buffer bridges bursts (docs/operations.md)`);
      }
      const complete = completeness === null ? '' : `, ${wholePercent(completeness)} complete`;
      const seen = `${groupedPlural(figures.conversations, 'conversation')} (${grouped(figures.newInLastHour)} new in the last hour)${complete}`;
      if (now - hourMs >= HOUR_MS) {
        say(`${name}: ${groupedPlural(figures.packets - atHour.packets, 'packet')} in the last hour, ${seen}, ${lossText(lost - atHour.lost)}`);
        hourMs = now;
        atHour = { packets: figures.packets, lost };
      }
      progress(`${name}  ${groupedPlural(Math.round(rate), 'packet')}/s  ${seen}  ${groupedPlural(figures.packets, 'packet')}  ${lossText(lost)}${isRefused ? '  STORE REFUSES' : ''}`);
      packets = figures.packets;
      tickMs = now;
    },
    missing: ({ notStored }) => (notStored === 0 ? '' : `${name}: ${groupedPlural(notStored, 'packet that came is', 'packets that came are')} not in the store`),
    summary(figures, totals) {
      const taken = `${name}: ${groupedPlural(figures.packets, 'packet')} (${shortOctets(figures.bytes)}) in ${timeText(nowMs() - beganMs)}`;
      const hint = figures.packets === 0 ? '; is the mirror port there?' : '';
      if (totals === null) return `${taken}${hint}`;
      return `${taken}; ${grouped(totals.received)} received, ${grouped(totals.kernelDropped)} dropped by the kernel, ${grouped(totals.interfaceDropped)} by the interface${hint}`;
    },
  };
}

const lostOf = (figures: RunFigures, totals: CaptureTotals | null): number =>
  figures.notAnalysed + (totals === null ? 0 : totals.kernelDropped + totals.interfaceDropped);

const lossText = (lost: number): string => (lost === 0 ? 'no loss' : `${grouped(lost)} lost`);

/** `250 ms`, `12 s`, `3 min`, `5.2 h`, `3.1 days`: rounded first, so that a hair under two days is 2.0 days and not 48.0 h. */
function timeText(ms: number): string {
  if (Math.round(ms) < 1000) return `${Math.round(ms)} ms`;
  if (Math.round(ms / 1000) < 120) return `${Math.round(ms / 1000)} s`;
  if (Math.round(ms / 60_000) < 120) return `${Math.round(ms / 60_000)} min`;
  const hours = ms / HOUR_MS;
  return Math.round(hours * 10) < 480 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`;
}

function countersOf(event: LiveEvent): [string, number][] {
  switch (event.kind) {
    case 'opened':
      return [];
    case 'lost':
      return [['live.interface-lost', 1]];
    case 'reopened':
      return [['live.interface-reopened', 1], ['live.away-ms', event.awayMs], ...(event.linkTypeChanged ? [['live.link-type-changed', 1] as [string, number]] : [])];
    case 'link':
      return event.up ? [['live.down-ms', event.afterMs]] : [['live.link-down', 1]];
    case 'clock-step':
      return [['live.clock-step', 1]];
  }
}

function sentenceOf(event: LiveEvent): string {
  switch (event.kind) {
    case 'opened':
      return event.warning === '' ? '' : `${event.interface}: ${event.warning}`;
    case 'lost':
      return `${event.interface}: lost (${event.reason}); ${event.final ? 'it cannot be opened again without CAP_NET_RAW' : 'it is opened again as soon as it is back'}`;
    case 'reopened':
      return `${event.interface}: back after ${timeText(event.awayMs)}${event.linkTypeChanged ? `, now with link type ${event.linkType}` : ''}`;
    case 'link':
      return event.up ? `${event.interface}: link up again, after ${timeText(event.afterMs)}` : `${event.interface}: link down; nothing can come until it is up`;
    case 'clock-step':
      return `the clock of this machine was set ${event.stepMs > 0 ? 'forward' : 'back'} by ${timeText(Math.abs(event.stepMs))}; packets keep the times they were given`;
  }
}
