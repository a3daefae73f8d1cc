/**
 * What every plant network carries besides control: names, time, logon, syslog, SNMP, remote desktop, updates, the office
 * and its Internet, switches that announce themselves. Only first messages are right in detail; bodies after are opaque.
 */
import { ascii, concatBytes, hex, words } from './frames.ts';
import { FIRST_MIDNIGHT_NS, PLANT, isWeekend, DAYS } from './plant.ts';
import type { Random } from './random.ts';
import { createTcpSession } from './tcp-session.ts';
import type { Host, Timeline } from './timeline.ts';
import { DAY, HOUR, MINUTE, MS, SECOND } from './timeline.ts';

const PORT = { dns: 53, kerberos: 88, ntp: 123, snmp: 161, syslog: 514, https: 443, rdp: 3389, wsus: 8530, pi: 5450 } as const;

const dnsName = (name: string): Uint8Array =>
  concatBytes(...name.split('.').map((label) => concatBytes(Uint8Array.of(label.length), ascii(label))), Uint8Array.of(0));

/** DNS query for an address and its answer (RFC 1035 clause 4). */
function lookUp(timeline: Timeline, atNs: number, client: Host, server: Host, clientPort: number, name: string, answer: string): void {
  const question = concatBytes(dnsName(name), words(1, 1));
  timeline.udp(atNs, client, server, clientPort, PORT.dns, concatBytes(words(clientPort, 0x0100, 1, 0, 0, 0), question));
  const address = concatBytes(words(0xc00c, 1, 1, 0, 300, 4), Uint8Array.from(answer.split('.'), Number));
  timeline.udp(atNs + MS, server, client, PORT.dns, clientPort, concatBytes(words(clientPort, 0x8180, 1, 1, 0, 0), question, address));
}

/** NTP client and server packets (RFC 5905): 48 octets, version 4, transmit time set. */
function askTime(timeline: Timeline, atNs: number, client: Host, server: Host): void {
  const EPOCH_1900 = 2_208_988_800n;
  const stamp = (ns: bigint): Uint8Array => {
    const seconds = Number(ns / 1_000_000_000n + EPOCH_1900);
    return concatBytes(words(seconds >>> 16, seconds & 0xffff), words(0, 0));
  };
  const transmit = stamp(FIRST_MIDNIGHT_NS + BigInt(Math.round(atNs)));
  timeline.udp(atNs, client, server, PORT.ntp, PORT.ntp, concatBytes(hex('23000aec'), new Uint8Array(36), transmit));
  timeline.udp(atNs + 0.5 * MS, server, client, PORT.ntp, PORT.ntp, concatBytes(hex('240206e8'), new Uint8Array(20), transmit, transmit, transmit));
}

/** TLS ClientHello with server name (RFC 8446 clause 4.1.2, RFC 6066 clause 3). */
function clientHello(serverName: string, random: Random): Uint8Array {
  const name = ascii(serverName);
  const sni = concatBytes(words(0, name.length + 5, name.length + 3), Uint8Array.of(0), words(name.length), name);
  const body = concatBytes(hex('0303'), random.bytes(32), Uint8Array.of(0), words(4, 0x1301, 0x1302), hex('0100'), words(sni.length), sni);
  const handshake = concatBytes(Uint8Array.of(1, 0), words(body.length), body);
  return concatBytes(hex('160301'), words(handshake.length), handshake);
}

const serverHello = (random: Random): Uint8Array => {
  const body = concatBytes(hex('0303'), random.bytes(32), hex('00130100'));
  const handshake = concatBytes(Uint8Array.of(2, 0), words(body.length), body);
  return concatBytes(hex('160303'), words(handshake.length), handshake);
};

const tlsData = (random: Random, bytes: number): Uint8Array => concatBytes(hex('170303'), words(bytes), random.bytes(bytes));

function browseHttps(timeline: Timeline, atNs: number, client: Host, server: Host, clientPort: number, serverName: string, random: Random): void {
  const tcp = createTcpSession(timeline, client, server, clientPort, PORT.https, random.integer(1, 0x7fffffff));
  const readyNs = tcp.open(atNs);
  tcp.exchange(readyNs, clientHello(serverName, random), serverHello(random), 12 * MS, true);
  tcp.exchange(readyNs + 80 * MS, tlsData(random, 180), tlsData(random, 420), 20 * MS, true);
  tcp.close(readyNs + 400 * MS);
}

/** Remote desktop: X.224 connection request with the user's cookie, confirm, then opaque (MS-RDPBCGR 2.2.1.1). */
function remoteDesktop(timeline: Timeline, atNs: number, client: Host, server: Host, clientPort: number, random: Random): void {
  const cookie = concatBytes(ascii('Cookie: mstshash=operator\r\n'), hex('0100080003000000'));
  const request = concatBytes(hex('0300'), words(11 + cookie.length), Uint8Array.of(6 + cookie.length), hex('e00000000000'), cookie);
  const tcp = createTcpSession(timeline, client, server, clientPort, PORT.rdp, random.integer(1, 0x7fffffff));
  const readyNs = tcp.open(atNs);
  tcp.exchange(readyNs, request, hex('030000130ed00000123400021f080002000000'), 9 * MS, true);
  for (let i = 0; i < 6; i++) tcp.exchange(readyNs + (i + 1) * 700 * MS, tlsData(random, 60), tlsData(random, 300), 15 * MS, true);
  tcp.close(readyNs + 6 * SECOND);
}

/** Opaque application data on a port: enough to be seen, nothing to be read. */
export function opaqueSession(timeline: Timeline, atNs: number, client: Host, server: Host, clientPort: number, serverPort: number, random: Random, rounds: number): void {
  const tcp = createTcpSession(timeline, client, server, clientPort, serverPort, random.integer(1, 0x7fffffff));
  const readyNs = tcp.open(atNs);
  for (let i = 0; i < rounds; i++) tcp.exchange(readyNs + i * SECOND, random.bytes(90), random.bytes(40), 8 * MS, true);
  tcp.close(readyNs + rounds * SECOND);
}

function checkUpdates(timeline: Timeline, atNs: number, client: Host, clientPort: number, random: Random): void {
  const request = ascii(`POST /ClientWebService/client.asmx HTTP/1.1\r\nHost: dmz-patch.millbrook.example:${PORT.wsus}\r\nContent-Length: 0\r\n\r\n`);
  const tcp = createTcpSession(timeline, client, PLANT.patch, clientPort, PORT.wsus, random.integer(1, 0x7fffffff));
  const readyNs = tcp.open(atNs);
  tcp.exchange(readyNs, request, ascii('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 30 * MS, true);
  tcp.close(readyNs + 200 * MS);
}

/** SNMPv2c GetRequest sysUpTime.0 and its answer (RFC 3416). */
function askUptime(timeline: Timeline, atNs: number, device: Host, clientPort: number): void {
  timeline.udp(atNs, PLANT.monitor, device, clientPort, PORT.snmp, hex('3026020101 0406706c616e7431 a019 020101 020100 020100 300e 300c 06082b06010201010300 0500'));
  timeline.udp(atNs + 2 * MS, device, PLANT.monitor, PORT.snmp, clientPort, hex('3029020101 0406706c616e7431 a21c 020101 020100 020100 3011 300f 06082b06010201010300 430301e240'));
}

function plantServices(timeline: Timeline, day: number, random: Random): void {
  const base = day * DAY;
  const clocks = [PLANT.plcA, PLANT.plcB, PLANT.plcC, PLANT.hmiA, PLANT.hmiB, PLANT.hmiC, PLANT.scada, PLANT.historian, PLANT.opcua];
  clocks.forEach((client, i) => askTime(timeline, base + 8 * HOUR + i * 2 * SECOND + 77 * MS, client, PLANT.domain));
  const members = [PLANT.scada, PLANT.historian, PLANT.opcua, PLANT.hmiA, PLANT.hmiB, PLANT.hmiC];
  members.forEach((client, i) => {
    lookUp(timeline, base + 8 * HOUR + i * SECOND + 310 * MS, client, PLANT.domain, 51000 + day, 'dc-1.millbrook.example', PLANT.domain.ip);
    opaqueSession(timeline, base + 7 * HOUR + i * MINUTE, client, PLANT.domain, 52000 + day, PORT.kerberos, random, 1);
  });
  for (const device of [PLANT.switch1, PLANT.switch2]) {
    for (const hour of [8, 14]) askUptime(timeline, base + hour * HOUR + 5 * SECOND, device, 53000);
    timeline.udp(base + 9 * HOUR + random.integer(0, 3000) * SECOND, device, PLANT.monitor, PORT.syslog, PORT.syslog, ascii(`<134>${device.name}: port 7 link up`));
  }
  for (const hour of [8, 14]) {
    timeline.lldp(base + hour * HOUR + 3 * SECOND, PLANT.switch1, { portName: '1/7', systemName: 'SW-CELLS', description: 'Hirschmann GREYHOUND GRS1042' });
    timeline.lldp(base + hour * HOUR + 4 * SECOND, PLANT.switch2, { portName: '1/1', systemName: 'SW-CORE', description: 'Hirschmann GREYHOUND GRS1042' });
    timeline.ping(base + hour * HOUR + 6 * SECOND, PLANT.monitor, PLANT.switch1, day);
    opaqueSession(timeline, base + hour * HOUR + 2 * SECOND, PLANT.historian, PLANT.replica, 54000 + day * 2 + (hour === 8 ? 0 : 1), PORT.pi, random, 6);
  }
  browseHttps(timeline, base + 3 * HOUR, PLANT.patch, PLANT.updateServer, 55000 + day, 'updates.vendor.example', random);
  if (day % 3 === 1) {
    [PLANT.scada, PLANT.historian, PLANT.opcua].forEach((client, i) => checkUpdates(timeline, base + 4 * HOUR + i * MINUTE, client, 55100 + day, random));
  }
}

function officeDay(timeline: Timeline, day: number, random: Random): void {
  const base = day * DAY;
  [PLANT.office1, PLANT.office2, PLANT.office3, PLANT.office4].forEach((client, i) => {
    const arrivalNs = base + 7 * HOUR + random.integer(0, 55) * MINUTE;
    opaqueSession(timeline, arrivalNs, client, PLANT.officeDomain, 56000 + day, PORT.kerberos, random, 1);
    lookUp(timeline, arrivalNs + MINUTE, client, PLANT.officeDomain, 56100 + day, 'www.news.example', PLANT.newsSite.ip);
    browseHttps(timeline, arrivalNs + MINUTE + SECOND, client, PLANT.newsSite, 56200 + day, 'www.news.example', random);
    browseHttps(timeline, arrivalNs + 5 * MINUTE, client, PLANT.mailHost, 56300 + day, 'mail.office.example', random);
    if (i < 3) browseHttps(timeline, arrivalNs + HOUR, client, PLANT.replica, 56400 + day, 'dmz-hist.millbrook.example', random);
  });
  if (day % 2 === 0) {
    const visitNs = base + 10 * HOUR + random.integer(0, 90) * MINUTE;
    remoteDesktop(timeline, visitNs, PLANT.office1, PLANT.jump, 56500 + day, random);
    remoteDesktop(timeline, visitNs + MINUTE, PLANT.jump, PLANT.scada, 56600 + day, random);
  }
}

export function runItServices(timeline: Timeline, random: Random): void {
  for (let day = 0; day < DAYS; day++) {
    plantServices(timeline, day, random);
    if (!isWeekend(day)) officeDay(timeline, day, random);
  }
}
