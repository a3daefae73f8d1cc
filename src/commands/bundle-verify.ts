/**
 * `baseline bundle verify evidence.tar`: is it whole, is it what was signed, and does this machine come to the same proposal
 * and report from the packed store? In: a file that anybody may have made. Out: one line a check; exit 1 when one does not
 * hold, 2 when the file is no bundle (cut short, links, foreign names, members twice or too many) or its store or spec is none. Nothing
 * is unpacked by its name: the store goes into a private folder, everything else stays in memory or is only digested.
 */
import { createHash, verify } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BaselineError, errorCode, EXIT, unreadable, usageError } from '../errors.ts';
import { grouped, groupedPlural, plural } from '../infer/plural.ts';
import { MANIFEST, parseManifest, PROPOSAL, REPORT, SIGNATURE, SPEC, STORE, type Manifest } from '../render/bundle/manifest.ts';
import { readTarHeader, TAR_BLOCK, TAR_CHUNK, TAR_END, tarPadding } from '../render/bundle/tar.ts';
import { jsonDocument } from '../render/json.ts';
import { lossText } from '../render/losses.ts';
import { printable, printableSentence } from '../render/printable.ts';
import { bulletLines, foldedLine, sentenceLine } from '../render/sentences.ts';
import { openForReading } from '../store/database.ts';
import { makeScratchFolder } from '../store/scratch-folder.ts';
import { keyDigest, readKey } from './bundle-key.ts';
import { bundledReport, packedSpec } from './bundle-report.ts';
import { memberTime, statementsOf, type Statements } from './bundle-statements.ts';
import type { CommandContext, CommandResult } from './command.ts';
import { proposedSpec } from './proposed-spec.ts';
import { readForReport } from './report-input.ts';
import { digestOf } from './spec-file.ts';
import { cannotWrite, PRIVATE_MODE } from './whole-file.ts';

interface VerifyArguments {
  readonly file?: string | undefined;
  readonly key?: string | undefined;
  readonly json?: boolean | undefined;
  readonly db?: string | undefined;
  readonly out?: string | undefined;
  readonly redact?: boolean | undefined;
  readonly map?: string | undefined;
  readonly sign?: string | undefined;
}

interface Check {
  readonly check: string;
  /** Null: not asked for, or not possible. */
  readonly holds: boolean | null;
  readonly sentence: string;
}

export function verifyBundle(argv: VerifyArguments, context: CommandContext): CommandResult {
  if (argv.file === undefined) throw usageError('which bundle?', 'Write: baseline bundle verify evidence.tar [--key public.pem]');
  for (const option of ['db', 'out', 'redact', 'map', 'sign'] as const) {
    if (argv[option] !== undefined) throw usageError(`--${option} does not go with verify`, 'Write: baseline bundle verify evidence.tar [--key public.pem]');
  }
  const key = argv.key === undefined ? null : readKey(argv.key, 'public');
  const scratch = makeScratchFolder();
  const folder = scratch.path;
  try {
    const bundle = readBundle(argv.file, join(folder, STORE), context);
    const { manifest } = bundle;
    const checks = [signatureCheck(bundle, key), ...memberChecks(bundle)];
    // What is not what it says it is, is not looked into.
    if (checks.every(({ holds }) => holds !== false)) checks.push(...analysisChecks(argv.file, bundle, join(folder, STORE), context));
    const holds = checks.every((check) => check.holds !== false);
    return { exitCode: holds ? EXIT.ok : EXIT.findings, output: argv.json === true ? [jsonDocument({ holds, checks, manifest })] : describe(argv.file, manifest, checks, holds, context) };
  } finally {
    scratch.remove();
  }
}

interface Bundle {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly signature: string;
  readonly digests: ReadonlyMap<string, string>;
  readonly sizes: ReadonlyMap<string, number>;
  readonly specText: string | null;
}

const refused = (path: string, how: string): BaselineError => usageError(`${path} is no evidence bundle: ${how}`, 'Take the file again from where it was made (baseline bundle --out); nothing in it was used.');

/** Members that are read into memory are small: a manifest, a signature, a spec (spec/document.ts takes 16 MiB). */
const LARGEST_TEXT = 16 * 1024 * 1024;

/** Member after member, in the one order that a bundle has. */
function readBundle(path: string, store: string, context: CommandContext): Bundle {
  const tar = openTar(path);
  try {
    const manifestBytes = tar.text(MANIFEST);
    const manifest = parseManifest(Buffer.from(manifestBytes).toString('utf8'));
    if (manifest === null) throw refused(path, 'its manifest is not one');
    const signature = manifest.signedBy === null ? '' : Buffer.from(tar.text(SIGNATURE)).toString('latin1');
    const digests = new Map<string, string>();
    const sizes = new Map<string, number>();
    let specText: string | null = null;
    for (const { name } of manifest.members) {
      context.progress(`reading ${name}`);
      const hash = createHash('sha256');
      const keep = name === SPEC ? [] as Uint8Array[] : null;
      const into = name === STORE ? openSync(store, 'wx', PRIVATE_MODE) : null;
      try {
        sizes.set(name, tar.member(name, keep === null ? Infinity : LARGEST_TEXT, (chunk) => {
          hash.update(chunk);
          keep?.push(chunk.slice());
          if (into !== null) writeCopy(into, chunk, store);
        }));
      } finally {
        if (into !== null) closeSync(into);
      }
      digests.set(name, hash.digest('hex'));
      if (keep !== null) specText = Buffer.concat(keep).toString('utf8');
    }
    tar.end();
    if (tar.times().some((time) => time !== memberTime(manifest))) throw refused(path, 'the times of its members are not the end of what was observed');
    return { manifest, manifestBytes, signature, digests, sizes, specText };
  } finally {
    tar.close();
  }
}

/** The bundle may be whole all the same: what is short is the folder for copies. */
function writeCopy(into: number, chunk: Uint8Array, store: string): void {
  try {
    for (let at = 0; at < chunk.length; ) at += writeSync(into, chunk, at);
  } catch (error) {
    throw cannotWrite(`the copy of the packed store, ${store},`, error, 'Name a folder for copies with TMPDIR, with room for the store.');
  }
}

interface TarReader {
  /** Reads the next member, which must have this name; returns its size. */
  member(name: string, largest: number, take: (chunk: Uint8Array) => void): number;
  text(name: string): Uint8Array;
  end(): void;
  /** Of the members read so far, in seconds since 1970. */
  times(): readonly number[];
  close(): void;
}

function openTar(path: string): TarReader {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
  const buffer = new Uint8Array(TAR_CHUNK);
  const seen = new Set<string>();
  const times: number[] = [];
  const read = (octets: number): Uint8Array => {
    let got = 0;
    while (got < octets) {
      let now: number;
      try {
        now = readSync(descriptor, buffer, got, octets - got, null);
      } catch (error) {
        throw refused(path, `it cannot be read (${errorCode(error)})`);
      }
      if (now === 0) throw refused(path, 'it is cut short');
      got += now;
    }
    return buffer.subarray(0, octets);
  };
  const member: TarReader['member'] = (name, largest, take) => {
    const entry = readTarHeader(read(TAR_BLOCK));
    if (typeof entry === 'string') throw refused(path, entry);
    if (entry === null) throw refused(path, `it ends before its member ${name}`);
    if (entry.name !== name) throw refused(path, seen.has(entry.name) ? `the member ${entry.name} stands in it twice` : `the member ${entry.name} stands where ${name} should`);
    if (entry.size > largest) throw refused(path, `the member ${name} is too large (${entry.size} octets)`);
    seen.add(name);
    times.push(entry.time);
    for (let left = entry.size; left > 0; ) {
      const chunk = read(Math.min(left, TAR_CHUNK));
      left -= chunk.length;
      take(chunk);
    }
    if (read(tarPadding(entry.size)).some((octet) => octet !== 0)) throw refused(path, `something stands behind the member ${name}`);
    return entry.size;
  };
  return {
    member,
    text(name) {
      const chunks: Uint8Array[] = [];
      member(name, LARGEST_TEXT, (chunk) => chunks.push(chunk.slice()));
      return Buffer.concat(chunks);
    },
    end() {
      for (let blocks = TAR_END.length; blocks > 0; blocks -= TAR_BLOCK) {
        const entry = readTarHeader(read(TAR_BLOCK));
        if (entry === null) continue;
        const how = typeof entry === 'string' ? entry : seen.has(entry.name) ? `the member ${entry.name} stands in it twice` : `the member ${entry.name} is not in its manifest`;
        throw refused(path, how);
      }
      if (readSync(descriptor, buffer, 0, 1, null) !== 0) throw refused(path, 'something stands behind its end');
    },
    times: () => times,
    close: () => closeSync(descriptor),
  };
}

/** As this program writes it, and nothing with it: 64 octets (Ed25519, RFC 8032) in base64. A lenient reader would let other octets pass. */
const SIGNATURE_TEXT = /^[A-Za-z0-9+/]{86}==\n$/;

function signatureCheck({ manifest, manifestBytes, signature }: Bundle, key: ReturnType<typeof readKey> | null): Check {
  const tell = (holds: boolean | null, sentence: string): Check => ({ check: 'signature', holds, sentence });
  if (manifest.signedBy === null) return key === null ? tell(null, 'not signed: whoever had the file could have changed all of it') : tell(false, 'not signed, but --key asks for a signature');
  if (key === null) return tell(null, `says it is signed by key sha256:${manifest.signedBy}, which was not checked: name the public key with --key`);
  if (!SIGNATURE_TEXT.test(signature)) return tell(false, 'is not as this program writes one: something was added to it, or is missing');
  const bytes = Buffer.from(signature, 'base64');
  if (!verify(null, manifestBytes, key, bytes)) return tell(false, `not by the key that --key names (sha256:${keyDigest(key)})`);
  return tell(true, `by key sha256:${keyDigest(key)}`);
}

const memberChecks = ({ manifest, digests, sizes }: Bundle): Check[] =>
  manifest.members.map(({ name, size, sha256 }): Check => {
    const holds = digests.get(name) === sha256 && sizes.get(name) === size;
    return { check: name, holds, sentence: holds ? `sha256:${sha256}` : `sha256:${digests.get(name) ?? ''}, but the manifest says sha256:${sha256}` };
  });

/** The same questions to the same evidence, here and now. */
function analysisChecks(path: string, { manifest, specText }: Bundle, store: string, context: CommandContext): Check[] {
  /** What a member is not, no advice for a store or a spec of one's own mends. */
  const opened = <T>(open: () => T): T => {
    try {
      return open();
    } catch (error) {
      if (!(error instanceof BaselineError)) throw error;
      throw usageError(`${path}: ${error.message.replace(store, STORE)}`, `Take the file again from where it was made, or verify it with the program that packed it (${manifest.provenance.tool}).`);
    }
  };
  opened(() => openForReading(store).close());
  const declared = specText === null ? null : opened(() => packedSpec(specText));
  context.progress('making the proposal again');
  const reading = readForReport(store);
  const { set, status } = reading;
  const { tool } = manifest.provenance;
  const made = tool === context.version ? '' : ` (made by ${tool}, this is ${context.version})`;
  const again = (name: string, text: string): Check => {
    const digest = digestOf(text);
    const holds = manifest.members.some((member) => member.name === name && member.sha256 === digest);
    return { check: `${name} again`, holds, sentence: holds ? `the same, byte for byte${made}` : `this machine comes to another one${made}` };
  };
  const proposal = proposedSpec(set, status, tool);
  return [
    ...statementChecks(manifest, statementsOf(status, proposal.zones.completeness, tool), made),
    again(PROPOSAL, proposal.text),
    again(REPORT, bundledReport(store, reading, declared, tool, context)),
  ];
}

/** What the manifest says of the store beside it: of an unsigned one anybody could have written it. */
function statementChecks(manifest: Statements, store: Statements, made: string): Check[] {
  const { packets, captures, observed } = store.provenance;
  const said = manifest.provenance;
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
  const of = (check: string, holds: boolean, sentence: string, otherwise: string): Check => ({ check, holds, sentence: holds ? sentence : otherwise });
  return [
    of('packets', said.packets === packets && said.captures.length === captures.length, `${grouped(packets)} of ${plural(captures.length, 'capture')} in the store`, `${grouped(packets)} of ${plural(captures.length, 'capture')} in the store, but the manifest says ${grouped(said.packets)} of ${said.captures.length}`),
    of('captures', same(said.captures, captures), 'names, digests, states and packets as in the store', 'the manifest says other names, digests, states or packets than the store'),
    of('observed', same(said.observed, observed), `${observed.first ?? 'nothing'} to ${observed.last ?? ''}`, `${observed.first ?? 'nothing'} to ${observed.last ?? ''} in the store, and the manifest says otherwise`),
    of('losses', same(manifest.losses, store.losses), `${store.losses.length} told, as the store has them`, `the store has ${store.losses.length}, and the manifest says otherwise${made}`),
    of('completeness', same(manifest.completeness, store.completeness), 'as this machine comes to it', `this machine comes to other sentences${made}`),
  ];
}

/** As people are told times elsewhere; the checks below have them to the nanosecond. */
const observedText = ({ first, last }: Manifest['provenance']['observed']): string =>
  first === null || last === null ? 'nothing' : `${[first, last].map((instant) => instant.slice(0, 19).replace('T', ' ')).join(' to ')} UTC`;

function* describe(path: string, manifest: Manifest, checks: readonly Check[], holds: boolean, context: CommandContext): Generator<string> {
  const { losses, completeness, provenance, redaction } = manifest;
  yield lossText([...losses, ...completeness], context);
  yield sentenceLine(`Observed ${observedText(provenance.observed)}, ${groupedPlural(provenance.packets, 'packet')}, packed by ${provenance.tool}`, context);
  if (redaction !== null) yield `Redacted: ${plural(redaction.addresses, 'address', 'addresses')}, ${plural(redaction.names, 'name')} and ${plural(redaction.texts, 'text')} replaced.\n${bulletLines(redaction.differences, context)}`;
  const widest = Math.max(...checks.map(({ check }) => check.length));
  for (const { check, holds: verdict, sentence } of checks) yield foldedLine(`  ${verdict === null ? '-   ' : verdict ? 'ok  ' : 'FAIL'} ${check.padEnd(widest)}  `, printableSentence(sentence), context);
  yield holds ? `${printable(path)} holds.\n` : `${printable(path)} does not hold.\n`;
}
