/** Keys that sign a bundle: Ed25519 (RFC 8032) in PEM files. In: a path. Out: the key, or one line that says what it is instead. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { unreadable, usageError } from '../errors.ts';

const LARGEST_KEY_FILE = 64 * 1024;

export function readKey(path: string, half: 'private' | 'public'): KeyObject {
  const key = parsed(path, half);
  if (key.asymmetricKeyType !== 'ed25519') throw usageError(`${path} holds a key of the kind ${key.asymmetricKeyType ?? 'unknown'}`, 'Bundles are signed with Ed25519: openssl genpkey -algorithm ed25519 -out key.pem');
  return key;
}

function parsed(path: string, half: 'private' | 'public'): KeyObject {
  let text: string;
  try {
    if (!statSync(path).isFile() || statSync(path).size > LARGEST_KEY_FILE) throw usageError(`${path} is no key file`, 'Name a PEM file.');
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error, 'Check the name of the key file and its permissions.');
  }
  // A private key would do for checking too, but it has no business on the machine that checks.
  if (half === 'public' && text.includes('PRIVATE KEY')) throw usageError(`${path} is a private key`, 'Make the public half: openssl pkey -in key.pem -pubout -out public.pem');
  try {
    return half === 'private' ? createPrivateKey(text) : createPublicKey(text);
  } catch {
    throw usageError(`${path} is no ${half} key in PEM without a passphrase`, half === 'private' ? 'Make one: openssl genpkey -algorithm ed25519 -out key.pem' : 'Make it from the private key: openssl pkey -in key.pem -pubout -out public.pem');
  }
}

/** What a key is called in a manifest: SHA-256 of its SubjectPublicKeyInfo. */
export const keyDigest = (key: KeyObject): string => createHash('sha256').update(key.export({ type: 'spki', format: 'der' })).digest('hex');
