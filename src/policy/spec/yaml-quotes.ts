/**
 * Which texts the program writes in quotes although YAML 1.2 needs none there: those that readers of YAML 1.1 (PyYAML, Ansible) take for
 * something else, or refuse. A spec is read by other programs too. In: texts. Out: whether it is one, and options for the YAML library's documents.
 * Source: the YAML 1.1 types bool, int, float, timestamp, merge and value (yaml.org/type).
 */
import type { CreateNodeOptions, DocumentOptions, ParseOptions, ScalarTag, SchemaOptions } from 'yaml';

const MISREAD = new RegExp(`^(?:${[
  'y|yes|n|no|on|off',
  '[-+]?0b[01_]+|[-+]?0x[0-9a-f_]+',
  // Some take an exponent alone (E1) for a number, too.
  '[-+]?(?:[0-9][0-9_]*(?:\\.[0-9_]*)?|\\.[0-9_]*)(?:e[-+]?[0-9]+)?|[-+]?e[-+]?[0-9]+',
  '[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}',
  '<<|=',
  // Among brackets some refuse "::1" and others every colon; digits and colons are a number to the base of 60, such as a link address.
  '[^:]*:.*',
].join('|')})$`, 'i');

export const isMisread = (text: string): boolean => MISREAD.test(text);

const misread: ScalarTag = { tag: 'tag:yaml.org,2002:misread', default: true, test: MISREAD, resolve: (text) => text };

/** For documents that are written, not for those that are read: the library would warn there. */
export const QUOTED: DocumentOptions & SchemaOptions & ParseOptions & CreateNodeOptions = { compat: [misread] };
