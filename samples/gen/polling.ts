/**
 * Cyclic conversations: a client asks a server the same things at its period, for days, over long-lived TCP sessions.
 * So that the samples stay small, polling happens only within short windows of each day: inside a window the true period
 * stands, between windows the connections stay open and silent.
 */
import type { Random } from './random.ts';
import { modbusAdu, MODBUS_PORT } from './modbus-pdu.ts';
import type { Exchange } from './modbus-pdu.ts';
import { concatBytes } from './frames.ts';
import { createTcpSession } from './tcp-session.ts';
import type { TcpSession } from './tcp-session.ts';
import type { Host, Timeline } from './timeline.ts';
import { DAY, HOUR, MS, SECOND } from './timeline.ts';
import { DAYS, isWeekend } from './plant.ts';

export const WINDOW_NS = 20 * SECOND;
export const WINDOW_HOURS = [8, 14] as const;

export interface Window {
  readonly day: number;
  readonly indexInDay: number;
  readonly fromNs: number;
}

export const windows = (): readonly Window[] =>
  Array.from({ length: DAYS }, (_, day) => WINDOW_HOURS.map((hour, indexInDay) => ({ day, indexInDay, fromNs: day * DAY + hour * HOUR }))).flat();

/** One Modbus question of a poll cycle. */
export interface Question {
  readonly unit: number;
  readonly exchange: Exchange;
}

export interface ModbusPoll {
  readonly client: Host;
  readonly server: Host;
  readonly periodNs: number;
  /** Asked one after the other within a cycle; `cycle` counts from the start of the two weeks. */
  readonly questions: (cycle: number, window: Window) => readonly Question[];
  /** How questions of one cycle travel: each on its own, or all in one segment (and their answers too). */
  readonly isPipelined?: boolean;
  /** Answers are cut into two segments; every 7th time the second arrives first. */
  readonly isSplit?: boolean;
  /** Opens a new connection every day instead of keeping one for the whole time. */
  readonly isDaily?: boolean;
  /** First day on which it exists. */
  readonly firstDay?: number;
  readonly isWeekdayOnly?: boolean;
}

export const FIRST_CLIENT_PORT = 49152;

function ask(session: TcpSession, atNs: number, questions: readonly Question[], transaction: number, poll: ModbusPoll, random: Random): void {
  const requests = questions.map((question, i) => modbusAdu(transaction + i, question.unit, question.exchange.request));
  const responses = questions.map((question, i) => modbusAdu(transaction + i, question.unit, question.exchange.response));
  const delayNs = random.integer(2_000, 9_000) * 1000;
  if (poll.isPipelined === true) {
    session.exchange(atNs, concatBytes(...requests), concatBytes(...responses), delayNs, true);
    return;
  }
  const stepNs = Math.floor(Math.min(poll.periodNs / questions.length, 60 * MS));
  requests.forEach((request, i) => {
    const askedNs = atNs + i * stepNs;
    const response = responses[i]!;
    if (poll.isSplit === true) {
      session.send(askedNs, true, request);
      if (transaction % 7 === 0) session.sendReordered(askedNs + delayNs, false, response, 6);
      else session.sendSplit(askedNs + delayNs, false, response, [Math.floor(response.length / 2)], 0.3 * MS);
      session.acknowledge(askedNs + delayNs + 40 * MS, true);
      return;
    }
    session.exchange(askedNs, request, response, delayNs);
    if (random.fraction() < 0.004) session.retransmit(askedNs + delayNs + 8 * MS, random.fraction() < 0.5);
  });
}

/** Puts all windows of one poll on the timeline. */
export function runPoll(timeline: Timeline, poll: ModbusPoll, clientPort: number, random: Random): void {
  let session: TcpSession | null = null;
  const phaseNs = random.integer(0, 900) * MS * 0.2;
  for (const window of windows()) {
    if (window.day < (poll.firstDay ?? 0) || (poll.isWeekdayOnly === true && isWeekend(window.day))) continue;
    const isNew = session === null || (poll.isDaily === true && window.indexInDay === 0);
    if (isNew) session = createTcpSession(timeline, poll.client, poll.server, clientPort + window.day, MODBUS_PORT, random.integer(1, 0x7fffffff));
    const opened = session!;
    const cycles = Math.floor((WINDOW_NS - phaseNs) / poll.periodNs);
    const firstCycle = Math.floor(window.fromNs / poll.periodNs);
    if (isNew && poll.isDaily === true) {
      timeline.resolve(window.fromNs + phaseNs - 2 * MS, poll.client, poll.server);
      opened.open(window.fromNs + phaseNs - MS);
    }
    for (let i = 0; i < cycles; i++) {
      const cycle = firstCycle + i;
      const atNs = window.fromNs + phaseNs + i * poll.periodNs + random.integer(0, 400) * 1000;
      const questions = poll.questions(cycle, window);
      ask(opened, atNs, questions, cycle * questions.length, poll, random);
    }
    if (poll.isDaily === true && window.indexInDay === WINDOW_HOURS.length - 1) opened.close(window.fromNs + WINDOW_NS + 20 * MS);
  }
}
