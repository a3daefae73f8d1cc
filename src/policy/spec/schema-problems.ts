/**
 * What the schema found wrong, as lines that a person can act on.
 *
 * In: zod's issues and the document they are about. Out: problems with place, message and remedy; for a field name or a
 * word that is not one of the list, the nearest that is. Left out on purpose: what fields say about each other.
 */
import type { z } from 'zod';
import { nearestWord } from './nearest-word.ts';
import type { Problem, SpecDocument, SpecPath } from './document.ts';

type Issue = z.core.$ZodIssue;

/** What a problem is in, by the last named step of its path. */
const nameOfPlace = (path: SpecPath): string => {
  const named = path.filter((step): step is string => typeof step === 'string');
  const last = named.at(-1);
  if (last === undefined) return 'the spec';
  const singular: Readonly<Record<string, string>> = {
    zones: 'a zone', conduits: 'a conduit', assets: 'an asset', protocols_allowed: 'a rule', enforcement_points: 'an enforcement point',
    interfaces: 'an interface', set_aside: 'a set-aside entry', ranges: 'a register range', client: '"client"', server: '"server"',
  };
  return singular[last] ?? `"${last}"`;
};

const show = (value: unknown): string => {
  const text = typeof value === 'string' ? `"${value}"` : JSON.stringify(value) ?? String(value);
  const printable = text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
  return printable.length > 60 ? `${printable.slice(0, 57)}...` : printable;
};

const valueAt = (root: unknown, path: SpecPath): unknown => {
  let value = root;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
};

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'a map of fields', record: 'a map of fields',
};

const typeWord = (value: unknown): string =>
  value === null ? 'nothing' : Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'a map' : typeof value === 'string' ? 'text' : typeof value === 'number' ? 'a number' : 'true or false';

/** The branch of a union that the user most likely meant: one that got further than the kind of the value. */
const likelyBranch = (branches: readonly (readonly Issue[])[]): readonly Issue[] | null => {
  const deep = branches.filter((branch) => !branch.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type'));
  return deep.length === 0 ? null : [...deep].sort((a, b) => a.length - b.length)[0];
};

const flatten = (issues: readonly Issue[], prefix: SpecPath): { issue: Issue; path: SpecPath }[] =>
  issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as (string | number)[])];
    if (issue.code === 'invalid_union') {
      const branch = likelyBranch(issue.errors);
      if (branch !== null) return flatten(branch, path);
    }
    return [{ issue, path }];
  });

const describe = (issue: Issue, path: SpecPath, root: unknown, fieldsOf: (path: SpecPath) => readonly string[]): { message: string; remedy: string; key?: string }[] => {
  const field = path.at(-1);
  const label = typeof field === 'string' ? `"${field}"` : `this entry of "${String(path.findLast((step) => typeof step === 'string') ?? 'the spec')}"`;
  const value = valueAt(root, path);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => {
        const near = nearestWord(key, fieldsOf(path));
        return { key, message: `${nameOfPlace(path)} has no field "${show(key).slice(1, -1)}"`, remedy: near === null ? 'remove it, or begin its name with "x-" if it is your own' : `did you mean "${near}"?` };
      });
    case 'invalid_type':
      if (value === undefined) return [{ message: `${nameOfPlace(path.slice(0, -1))} has no ${label}`, remedy: `add ${label}` }];
      if (issue.expected === 'string' && typeof value !== 'object') return [{ message: `${label} must be text, and ${show(value)} is read as ${typeWord(value)}`, remedy: 'put it in quotes' }];
      if (issue.expected === 'array') return [{ message: `${label} must be a list, not ${typeWord(value)}`, remedy: value === null ? 'write [] where there is none yet' : `write [${show(value)}]` }];
      if (issue.message !== '' && !issue.message.startsWith('Invalid input')) return [{ message: `${label}: ${issue.message}`, remedy: `correct ${show(value)}` }];
      return [{ message: `${label} must be ${TYPE_WORDS[issue.expected] ?? issue.expected}, not ${typeWord(value)}`, remedy: `correct ${show(value)}` }];
    case 'invalid_value': {
      if (value === undefined) return [{ message: `${nameOfPlace(path.slice(0, -1))} has no ${label}`, remedy: `add ${label}` }];
      const words = issue.values.map(String);
      const near = typeof value === 'string' ? nearestWord(value, words) : null;
      const why = issue.message.startsWith('Invalid') ? `${label} cannot be ${show(value)}` : `${label} is ${show(value)}: ${issue.message}`;
      return [{ message: why, remedy: near !== null && near === value ? `write ${near} without quotes` : near === null ? `one of: ${words.join(', ')}` : `did you mean "${near}"? (one of: ${words.join(', ')})` }];
    }
    case 'invalid_union': {
      const words = issue.errors.flat().map((inner) => (inner.code === 'invalid_type' ? (TYPE_WORDS[inner.expected] ?? inner.expected) : inner.message));
      if (value === undefined) return [{ message: `${nameOfPlace(path.slice(0, -1))} has no ${label}`, remedy: `add ${label}` }];
      return [{ message: `${label} cannot be ${show(value)}`, remedy: `it must be ${[...new Set(words)].join(', or ')}` }];
    }
    case 'too_small':
    case 'too_big': {
      const own = /^(Too |Invalid)/.test(issue.message) ? (issue.code === 'too_small' ? `at least ${String(issue.minimum)}` : `at most ${String(issue.maximum)}`) : issue.message;
      return [{ message: `${label}: ${own}`, remedy: `correct ${show(value)}` }];
    }
    default:
      return [{ message: `${label} is ${show(value)}: ${issue.message}`, remedy: `correct ${show(value)}` }];
  }
};

const MAX_PROBLEMS = 50;

export const schemaProblems = (issues: readonly Issue[], document: SpecDocument, fieldsOf: (path: SpecPath) => readonly string[]): Problem[] => {
  const problems: Problem[] = [];
  for (const { issue, path } of flatten(issues, [])) {
    for (const { message, remedy, key } of describe(issue, path, document.value, fieldsOf)) {
      const place = key === undefined ? document.locate(path) : document.locateKey([...path, key]);
      problems.push({ ...place, message, remedy });
    }
    if (problems.length >= MAX_PROBLEMS) break;
  }
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
};
