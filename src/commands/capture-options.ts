/**
 * The words of `capture` as numbers: `4w`, `100MB`, a user's name. In: what was typed. Out: seconds, octets, ids, or a
 * usage error that names the option. Nothing here opens anything but /etc/passwd.
 */
import { readFileSync } from 'node:fs';
import { usageError } from '../errors.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** `4w`, `3d`, `2h`, `30m`, `10s`, or several: `1d12h`. */
export function parseDurationMs(option: string, text: string): number {
  const parts = [...text.matchAll(/(\d+)([smhdw])/g)];
  if (parts.length === 0 || parts.map((part) => part[0]).join('') !== text) {
    throw usageError(`--${option} ${text}: no duration`, `Write a number and s, m, h, d or w: --${option} 4w, --${option} 36h.`);
  }
  const ms = parts.reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit] * 1000, 0);
  if (ms === 0) throw usageError(`--${option} ${text}: no time at all`, 'Leave it out to listen until it is stopped.');
  return ms;
}

const OCTETS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12, ki: 2 ** 10, mi: 2 ** 20, gi: 2 ** 30, ti: 2 ** 40 };

/** `64MB` (decimal, as on a disk's label), `64MiB`, `1G`, or octets. */
export function parseOctets(option: string, text: string, least: number, most: number): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?i?)b?$/i.exec(text);
  const octets = match === null ? NaN : Math.round(Number(match[1]) * (OCTETS[match[2].toLowerCase()] ?? NaN));
  if (Number.isNaN(octets)) throw usageError(`--${option} ${text}: no amount of octets`, `Write it as --${option} 100MB or --${option} 64MiB.`);
  return within(option, octets, least, most);
}

/** A whole number between two others. */
export function within(option: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw usageError(`--${option} ${value}: not a whole number from ${least} to ${most}`, `Choose one between ${least} and ${most}.`);
  }
  return value;
}

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** A name of this machine's /etc/passwd (passwd(5)), or `UID:GID` for users that a directory service keeps. */
export function findUser(name: string): UserIds {
  const numbers = /^(\d+):(\d+)$/.exec(name);
  const line = numbers === null ? passwdLines().find((one) => one[0] === name) : undefined;
  const ids = numbers === null ? [line?.[2], line?.[3]] : [numbers[1], numbers[2]];
  const [uid, gid] = ids.map((id) => (id === undefined ? NaN : Number(id)));
  if (!Number.isInteger(uid) || !Number.isInteger(gid)) {
    throw usageError(`--user ${name}: no such user on this machine`, 'Make one (useradd --system --shell /usr/sbin/nologin baseline), or write UID:GID.');
  }
  if (uid === 0) throw usageError(`--user ${name}: that is root again`, 'Name an ordinary user, such as nobody or one made for it.');
  return { uid, gid };
}

function passwdLines(): string[][] {
  try {
    return readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
  } catch {
    return [];
  }
}
