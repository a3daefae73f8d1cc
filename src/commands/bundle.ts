/**
 * `baseline bundle [spec.yaml] --out evidence.tar`: the evidence in one file, for somebody who was not there: store without
 * payload, spec, report, proposal, and a manifest of their digests, which a key may sign. Proposal and report are made from
 * the packed store, so `bundle verify` (bundle-verify.ts) can make them again. In: options. Out: a tar of fixed octets.
 */
import { createHash, createPublicKey, sign, type KeyObject } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { EXIT, usageError } from '../errors.ts';
import { groupedPlural, plural } from '../infer/plural.ts';
import { loadSpec } from '../policy/spec/load.ts';
import { MANIFEST, manifestText, PROPOSAL, REPORT, SIGNATURE, SPEC, STORE, type Manifest, type ManifestMember } from '../render/bundle/manifest.ts';
import { LARGEST_MEMBER, TAR_CHUNK, TAR_END, tarHeader, tarPadding } from '../render/bundle/tar.ts';
import { jsonDocument } from '../render/json.ts';
import { readFromStore, storePath } from '../store/database.ts';
import { packStore } from '../store/pack-store.ts';
import { readAddressRecords } from '../store/read.ts';
import { makeScratchFolder } from '../store/scratch-folder.ts';
import { keyDigest, readKey } from './bundle-key.ts';
import { bundledReport, packedSpec } from './bundle-report.ts';
import { memberTime, statementsOf } from './bundle-statements.ts';
import { KEPT_SENTENCES, redactCopy, type Redaction } from './bundle-redact.ts';
import { verifyBundle } from './bundle-verify.ts';
import { AS_JSON_OPTION, DB_OPTION, defineCommand, type Arguments, type CommandContext, type CommandResult } from './command.ts';
import { proposedSpec } from './proposed-spec.ts';
import { readForReport } from './report-input.ts';
import { tellStrangers } from './same-plant.ts';
import { requireSeparateFiles, storeFiles } from './separate-files.ts';
import { PRIVATE_MODE, requireWritable, writeFileWhole } from './whole-file.ts';

const POSITIONALS = {
  spec: { type: 'string', describe: 'the spec (YAML) to pack; or the word verify' },
  file: { type: 'string', describe: 'verify: the bundle' },
} as const;

const OPTIONS = {
  db: DB_OPTION,
  out: { type: 'string', requiresArg: true, describe: 'the bundle to write (.tar)' },
  redact: { type: 'boolean', describe: 'replace addresses and names everywhere; the map goes to a file of its own' },
  map: { type: 'string', requiresArg: true, describe: 'where the map of --redact goes (default: the bundle\'s name with .map.json); keep it at home' },
  sign: { type: 'string', requiresArg: true, describe: 'an Ed25519 private key (PEM) to sign the manifest with' },
  key: { type: 'string', requiresArg: true, describe: 'verify: the public key (PEM) that must have signed' },
  json: AS_JSON_OPTION,
} as const;

export const bundleCommand = defineCommand({
  syntax: 'bundle [spec] [file]',
  summary: 'Pack the evidence (store, spec, proposal, report) into one file with digests, or verify such a file.',
  examples: [
    ['bundle spec.yaml --out evidence.tar', 'store without payload, spec, proposal, report and a manifest of their digests'],
    ['bundle --out evidence.tar --sign key.pem', 'signed: openssl genpkey -algorithm ed25519 -out key.pem makes a key'],
    ['bundle spec.yaml --redact --out evidence.tar', 'other addresses and names, the same zones; evidence.map.json says which is which'],
    ['bundle verify evidence.tar --key public.pem', 'check everything, and make proposal and report again on this machine'],
  ],
  positionals: POSITIONALS,
  options: OPTIONS,
  run: (argv, context) => (argv.spec === 'verify' ? verifyBundle(argv, context) : packBundle(argv, context)),
});

type BundleArguments = Arguments<typeof OPTIONS & typeof POSITIONALS>;

function packBundle(argv: BundleArguments, context: CommandContext): CommandResult {
  if (argv.file !== undefined) throw usageError(`${argv.file}: a bundle holds one spec`, 'Write: baseline bundle [spec.yaml] --out evidence.tar, or baseline bundle verify evidence.tar');
  if (argv.out === undefined || argv.out === '-') throw usageError('nothing says where the bundle goes', 'Write: baseline bundle [spec.yaml] --out evidence.tar');
  if (argv.key !== undefined) throw usageError('--key goes with verify', 'Write --sign to sign a bundle.');
  if (argv.json !== undefined) throw usageError('--json goes with verify', 'Leave it out: a bundle is a file.');
  if (argv.map !== undefined && argv.redact !== true) throw usageError('--map goes with --redact', 'Write --redact --map FILE, or leave --map out.');
  const path = storePath(argv.db, context.environment);
  const map = argv.redact === true ? (argv.map ?? `${argv.out.replace(/\.tar$/, '')}.map.json`) : undefined;
  requireSeparateFiles([['--out', argv.out], ['--map', map]], [...storeFiles(path), ['the spec', argv.spec], ['the key of --sign', argv.sign]]);
  const signer = argv.sign === undefined ? null : readKey(argv.sign, 'private');
  const declared = argv.spec === undefined ? null : loadSpec(argv.spec);
  for (const result of [argv.out, ...(map === undefined ? [] : [map])]) requireWritable(result);
  if (declared !== null) tellStrangers(declared, readFromStore(path, readAddressRecords), path, context);
  // Beside the store: what is not redacted yet stays where it is, and what is sent is made elsewhere.
  const scratch = makeScratchFolder(dirname(path));
  try {
    const store = join(scratch.path, STORE);
    context.progress('copying the store');
    let redaction: Redaction | null = null;
    packStore(path, join(scratch.path, 'scratch.db'), store, (db) => {
      if (argv.redact === true) redaction = redactCopy(db, declared);
    }, context);
    const evidence = { store, redaction, specText: redaction === null ? (declared?.text ?? null) : (redaction as Redaction).specText };
    const manifest = writeBundle(argv.out, evidence, signer, context);
    context.say(`${argv.out}: ${plural(manifest.members.length, 'member')}, ${groupedPlural(manifest.provenance.packets, 'packet')} of ${plural(manifest.provenance.captures.length, 'capture')}, ${plural(manifest.losses.length, 'loss', 'losses')} told${signer === null ? '; not signed' : `; signed by key sha256:${manifest.signedBy}`}.`);
    if (redaction !== null && map !== undefined) sayRedaction(redaction, map, context);
    return { exitCode: EXIT.ok, output: [] };
  } finally {
    scratch.remove();
  }
}

/** The map leads back to the plant: it is written beside the bundle, for the owner only, and never into it. */
function sayRedaction({ replaced, differences }: Redaction, path: string, context: CommandContext): void {
  writeFileWhole(path, jsonDocument(Object.fromEntries(Object.entries(replaced).map(([kind, map]) => [kind, Object.fromEntries(map as ReadonlyMap<string, string>)]))), PRIVATE_MODE);
  context.say(`${path}: what stands for what. Do not send it along.`);
  for (const sentence of differences.length === 0 ? ['The zones and Permits proposed are the same but for their names.'] : differences) context.say(`  ${sentence}`);
}

interface Evidence {
  readonly store: string;
  readonly specText: string | null;
  readonly redaction: Redaction | null;
}

interface Member {
  readonly entry: ManifestMember;
  readonly chunks: () => Iterable<Uint8Array>;
}

function writeBundle(out: string, { store, specText, redaction }: Evidence, signer: KeyObject | null, context: CommandContext): Manifest {
  const evidence = readForReport(store);
  const { status } = evidence;
  context.progress('placing assets');
  const proposal = proposedSpec(evidence.set, status, context.version);
  const report = bundledReport(store, evidence, specText === null ? null : packedSpec(specText), context.version, context);
  const members = [textMember(PROPOSAL, proposal.text), textMember(REPORT, report), ...(specText === null ? [] : [textMember(SPEC, specText)]), fileMember(STORE, store)];
  const manifest: Omit<Manifest, 'schemaVersion'> = {
    ...statementsOf(status, proposal.zones.completeness, context.version),
    redaction: redaction === null ? null : {
      addresses: redaction.replaced.addresses.size,
      names: redaction.replaced.names.size,
      texts: redaction.replaced.words.size,
      kept: [...KEPT_SENTENCES],
      differences: [...redaction.differences],
    },
    signedBy: signer === null ? null : keyDigest(createPublicKey(signer)),
    members: members.map(({ entry }) => entry),
  };
  const text = Buffer.from(manifestText(manifest));
  const head = [bytesMember(MANIFEST, text), ...(signer === null ? [] : [bytesMember(SIGNATURE, Buffer.from(`${sign(null, text, signer).toString('base64')}\n`))])];
  context.progress('writing the bundle');
  writeFileWhole(out, tarOf([...head, ...members], memberTime(manifest)), PRIVATE_MODE);
  return { schemaVersion: 1, ...manifest };
}

function* tarOf(members: readonly { readonly entry: { readonly name: string; readonly size: number }; readonly chunks: () => Iterable<Uint8Array> }[], time: number): Generator<Uint8Array> {
  for (const { entry, chunks } of members) {
    yield tarHeader({ name: entry.name, size: entry.size, time });
    yield* chunks();
    yield new Uint8Array(tarPadding(entry.size));
  }
  yield TAR_END;
}

const bytesMember = <N extends string>(name: N, bytes: Uint8Array): { readonly entry: { readonly name: N; readonly size: number; readonly sha256: string }; readonly chunks: () => Iterable<Uint8Array> } => ({
  entry: { name, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  chunks: () => [bytes],
});

const textMember = (name: ManifestMember['name'], text: string): Member => bytesMember(name, Buffer.from(text));

function fileMember(name: ManifestMember['name'], file: string): Member {
  const hash = createHash('sha256');
  let size = 0;
  for (const chunk of chunksOf(file)) {
    hash.update(chunk);
    size += chunk.length;
  }
  if (size > LARGEST_MEMBER) throw usageError(`the store is larger than a bundle can hold (${size} octets)`, 'Keep one store per plant or period, and bundle each.');
  return { entry: { name, size, sha256: hash.digest('hex') }, chunks: () => chunksOf(file) };
}

function* chunksOf(file: string): Generator<Uint8Array> {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    for (let at = 0; at < size; ) {
      const chunk = new Uint8Array(TAR_CHUNK);
      const got = readSync(descriptor, chunk, 0, TAR_CHUNK, at);
      if (got === 0) throw new Error('the packed store became shorter');
      at += got;
      yield chunk.subarray(0, got);
    }
  } finally {
    closeSync(descriptor);
  }
}
