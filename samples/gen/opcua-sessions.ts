/**
 * OPC UA conversations of the plant: a readable one (policy None) inside cell C, encrypted ones between supervision and
 * operations, opened every day, with publishing or reading at their period inside the sensor's windows.
 */
import { acknowledge, activateSession, browse, closeChannel, closeSession, createChannel, createMonitoredItems, createSession, createSubscription, getEndpoints, hello, openChannel, OPCUA_PORT, publish, read, write } from './opcua-message.ts';
import type { Call, Channel, SessionNames } from './opcua-message.ts';
import { DAYS, FIRST_MIDNIGHT_NS, PLANT, isWeekend } from './plant.ts';
import { WINDOW_HOURS, WINDOW_NS, windows } from './polling.ts';
import type { Random } from './random.ts';
import { createTcpSession } from './tcp-session.ts';
import type { TcpSession } from './tcp-session.ts';
import type { Host, Timeline } from './timeline.ts';
import { MS, SECOND } from './timeline.ts';

export interface OpcuaPlan {
  readonly client: Host;
  readonly server: Host;
  readonly serverName: string;
  readonly isSecure: boolean;
  readonly kind: 'subscribe' | 'read';
  readonly periodNs: number;
  readonly firstDay: number;
  readonly lastDay: number;
}

export const DECLARED_OPCUA: readonly OpcuaPlan[] = [
  { client: PLANT.historian, server: PLANT.opcua, serverName: 'opcua-1', isSecure: true, kind: 'subscribe', periodNs: SECOND, firstDay: 0, lastDay: DAYS - 1 },
  { client: PLANT.scada, server: PLANT.opcua, serverName: 'opcua-1', isSecure: true, kind: 'subscribe', periodNs: 2 * SECOND, firstDay: 0, lastDay: DAYS - 1 },
  { client: PLANT.hmiC, server: PLANT.plcC, serverName: 'plc-c1', isSecure: false, kind: 'read', periodNs: SECOND, firstDay: 0, lastDay: DAYS - 1 },
];

const DELAY_NS = 3 * MS;
const TAGS = [1001, 1002, 1003, 1004] as const;

const wallNs = (atNs: number): bigint => FIRST_MIDNIGHT_NS + BigInt(Math.round(atNs));

function namesOf(plan: OpcuaPlan): SessionNames {
  return {
    url: `opc.tcp://${plan.serverName}.millbrook.example:${OPCUA_PORT}`,
    clientUri: `urn:millbrook:${plan.client.name.toLowerCase()}:client`,
    serverUri: `urn:millbrook:${plan.serverName}:server`,
    sessionName: `${plan.client.name} session`,
  };
}

/** Handshake, channel and session set-up; returns the moment at which the client is ready. */
function connect(tcp: TcpSession, channel: Channel, plan: OpcuaPlan, atNs: number): number {
  const names = namesOf(plan);
  let now = tcp.open(atNs);
  const exchange = (request: Uint8Array, response: Uint8Array): void => {
    tcp.exchange(now, request, response, DELAY_NS, true);
    now += 50 * MS;
  };
  const ask = (call: Call): void => exchange(call.request, call.response);
  exchange(hello(names.url), acknowledge());
  exchange(openChannel(channel, true, wallNs(now)), openChannel(channel, false, wallNs(now)));
  if (!plan.isSecure) ask(getEndpoints(channel, wallNs(now), names.url, names.serverUri));
  ask(createSession(channel, wallNs(now), names));
  ask(activateSession(channel, wallNs(now)));
  if (plan.kind === 'subscribe') {
    ask(createSubscription(channel, wallNs(now)));
    ask(createMonitoredItems(channel, wallNs(now), TAGS));
  } else {
    ask(browse(channel, wallNs(now), 85));
  }
  return now;
}

function disconnect(tcp: TcpSession, channel: Channel, atNs: number): void {
  const call = closeSession(channel, wallNs(atNs));
  tcp.exchange(atNs, call.request, call.response, DELAY_NS, true);
  tcp.send(atNs + 60 * MS, true, closeChannel(channel, wallNs(atNs)));
  tcp.close(atNs + 61 * MS);
}

/** Puts all days of one plan on the timeline. */
export function runOpcua(timeline: Timeline, plan: OpcuaPlan, clientPort: number, random: Random): void {
  let tcp: TcpSession | null = null;
  let channel: Channel | null = null;
  for (const window of windows()) {
    if (window.day < plan.firstDay || window.day > plan.lastDay) continue;
    let startNs = window.fromNs + random.integer(20, 180) * MS;
    if (tcp === null || channel === null || window.indexInDay === 0) {
      tcp = createTcpSession(timeline, plan.client, plan.server, clientPort + window.day, OPCUA_PORT, random.integer(1, 0x7fffffff));
      channel = createChannel(plan.isSecure, 1000 + window.day * 16 + (plan.isSecure ? 1 : 2), random);
      startNs = connect(tcp, channel, plan, startNs) + 100 * MS;
    }
    const endNs = window.fromNs + WINDOW_NS;
    for (let i = 0; startNs + i * plan.periodNs < endNs; i++) {
      const atNs = startNs + i * plan.periodNs;
      const call = plan.kind === 'subscribe' ? publish(channel, wallNs(atNs), i, TAGS.length) : read(channel, wallNs(atNs), TAGS);
      tcp.exchange(atNs, call.request, call.response, DELAY_NS, i % 10 === 0);
      const isOperatorWrite = plan.kind === 'read' && i === 11 && !isWeekend(window.day);
      if (isOperatorWrite) {
        const setpoint = write(channel, wallNs(atNs), TAGS[3], window.day);
        tcp.exchange(atNs + 200 * MS, setpoint.request, setpoint.response, DELAY_NS);
      }
    }
    if (window.indexInDay === WINDOW_HOURS.length - 1) disconnect(tcp, channel, endNs + 200 * MS);
    else tcp.keepalive(endNs - 10 * MS);
  }
}
