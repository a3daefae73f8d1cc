/**
 * What two firewalls in monitor mode would have logged at the sample plant: a Linux gateway between the cells and the rest
 * (nftables target, by rsyslog: local time, no year), and the ASA in front of the DMZ (cisco-asa target). Deviations carry
 * the letters of samples/README.md; what no capture shows, and a rule that was forgotten on the device, come on top.
 */
import { DAYS, FIRST_MIDNIGHT_NS, isWeekend, PLANT } from './plant.ts';
import type { Host } from './timeline.ts';

export interface FirewallLog {
  readonly name: string;
  readonly text: string;
}

interface Event {
  /** Seconds from the first midnight, UTC. */
  readonly at: number;
  readonly line: (time: Date) => string;
}

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Europe/Berlin until 29 March 2026. */
const LOCAL_OFFSET = HOUR;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const two = (value: number): string => String(value).padStart(2, '0');
const clock = (time: Date): string => `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`;

const textOf = (events: readonly Event[], offset: number): string =>
  [...events]
    .sort((a, b) => a.at - b.at)
    .map(({ at, line }) => `${line(new Date(Number(FIRST_MIDNIGHT_NS / 1_000_000n) + (at + offset) * 1000))}\n`)
    .join('');

/** The kernel's line for one packet; `flags`: the TCP flags, or null for UDP. */
const kernelEvent = (at: number, prefix: string, client: Host, server: Host, clientPort: number, port: number, flags: string | null): Event => ({
  at,
  line: (time) =>
    `${MONTHS[time.getUTCMonth()]} ${String(time.getUTCDate()).padStart(2)} ${clock(time)} gw-cells kernel: [${(900_000 + at).toFixed(6).padStart(13)}] ${prefix} IN=cells-up OUT=cells-down MAC=${client.mac}:08:00 SRC=${client.ip} DST=${server.ip} LEN=${flags === null ? 76 : 60} TOS=0x00 PREC=0x00 TTL=${client.ttl - 1} ID=${(at * 7) % 65_536} DF PROTO=${flags === null ? `UDP SPT=${clientPort} DPT=${port} LEN=56` : `TCP SPT=${clientPort} DPT=${port} WINDOW=64240 RES=0x00 ${flags} URGP=0`} `,
});

const gateway = (): Event[] => {
  const events: Event[] = [];
  const nobody = 'OTZ:NOCONDUIT:ANY:W';
  // a) the historian writes: its path is permitted, its function is not
  events.push(kernelEvent(4 * DAY + 11 * HOUR, 'OTZ:HIST-PLC-B:FC:W', PLANT.historian, PLANT.plcB, 58_000, 502, 'ACK PSH'));
  // c) the device that nobody declared
  for (let day = 6; day < DAYS; day++) for (const hour of [8, 14]) events.push(kernelEvent(day * DAY + hour * HOUR, nobody, PLANT.stranger, PLANT.plcA, 40_000 + day, 502, 'SYN'));
  // f) and h)
  events.push(kernelEvent(3 * DAY + 13 * HOUR + 300, nobody, PLANT.hmiA, PLANT.plcB, 58_060, 502, 'SYN'));
  for (const day of [2, 3, 9]) events.push(kernelEvent(day * DAY + 12 * HOUR + 600, nobody, PLANT.office3, PLANT.plcC, 58_080 + day, 502, 'SYN'));
  // Permitted by TIME-C, which was left out when the rules were loaded
  for (let day = 0; day < DAYS; day++) for (const hour of [0, 6, 12, 18]) events.push(kernelEvent(day * DAY + hour * HOUR + 17, nobody, PLANT.plcC, PLANT.domain, 123, 123, null));
  // A back-up of the controllers' recipes by the historian, on the second Sunday, at an hour that no capture has
  for (const plc of [PLANT.plcA, PLANT.plcB, PLANT.plcC]) events.push(kernelEvent(13 * DAY + 2 * HOUR + Number(plc.ip.split('.')[3]), nobody, PLANT.historian, plc, 49_152, 21, 'SYN'));
  // Sessions that were open when the rules were loaded
  events.push(kernelEvent(8 * HOUR + 1, 'OTZ:INVALID:CT:W', PLANT.scada, PLANT.plcA, 50_001, 502, 'ACK PSH'));
  return events;
};

const hit = (at: number, list: string, level: number, from: Host, to: Host, port: number, hits: number): Event => ({
  at,
  line: (time) =>
    `<${160 + level}>${MONTHS[time.getUTCMonth()]} ${two(time.getUTCDate())} ${time.getUTCFullYear()} ${clock(time)} UTC asa-dmz : %ASA-${level}-106100: access-list ${list} permitted tcp ${list.slice(4, -3)}/${from.ip}(${49_152 + (at % 1000)}) -> Z-X/${to.ip}(${port}) hit-cnt ${hits} ${hits === 1 ? 'first hit' : '300-second interval'} [0x${(level * 0x1b3d5f).toString(16)}, 0x0]`,
});

const MONITOR = 5;
const PERMITTED = 6;

const asa = (): Event[] => {
  const events: Event[] = [];
  for (let day = 0; day < DAYS; day++) {
    events.push(hit(day * DAY + 9 * HOUR, 'OTZ_Z-OPERATIONS_IN', PERMITTED, PLANT.historian, PLANT.replica, 5450, 12));
    if (!isWeekend(day)) events.push(hit(day * DAY + 10 * HOUR, 'OTZ_Z-OFFICE_IN', PERMITTED, PLANT.office1, PLANT.replica, 443, 4));
  }
  // b) the replica opens towards the historian
  for (const day of [7, 8]) events.push(hit(day * DAY + 15 * HOUR, 'OTZ_Z-DMZ_IN', MONITOR, PLANT.replica, PLANT.historian, 5450, 1));
  // Nobody had declared that the laboratory prints through the DMZ
  for (const day of [1, 4, 8, 11]) events.push(hit(day * DAY + 11 * HOUR, 'OTZ_Z-OFFICE_IN', MONITOR, PLANT.office2, PLANT.jump, 9100, 1));
  return events;
};

export const firewallLogs = (): readonly FirewallLog[] => [
  { name: 'gw-cells.log', text: textOf(gateway(), LOCAL_OFFSET) },
  { name: 'asa-dmz.log', text: textOf(asa(), 0) },
];
