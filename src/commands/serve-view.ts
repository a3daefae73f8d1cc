/**
 * What the page of `serve` gets: itself, whether there is a newer one, and answers to edits. In: the store, the spec file,
 * the desk that makes pages. Out: an answer a request. The page is made anew when the spec changes, at once, and when the
 * store does, at most a tenth of the time; only while somebody looks.
 */
import { statSync } from 'node:fs';
import { BaselineError, errorText, EXIT, storeError } from '../errors.ts';
import { isRefusal } from '../policy/edit/edit.ts';
import { openForReading, type OpenOptions } from '../store/database.ts';
import { readRevision } from '../store/read-status.ts';
import { asStoreError } from '../store/store-errors.ts';
import { pageKey, type Desk, type DrawnPage, type Refusal } from './serve-desk.ts';
import type { Answer, Asked } from './serve-http.ts';
import type { SpecFile } from './spec-file.ts';

/** A page that only the store made old is not made anew before this, nor more often than a tenth of the time. */
const LEAST_REST_MS = 5000;
const REST_FACTOR = 10;

export type RemoteDesk = { readonly [K in keyof Desk]: (...given: Parameters<Desk[K]>) => Promise<ReturnType<Desk[K]>> };

export interface View {
  answer(asked: Asked): Answer | Promise<Answer>;
  sentence(): string;
  close(): void;
}

/** What is wrong and what to do, on one line. */
const mended = (error: unknown): string => (error instanceof BaselineError ? `${error.message}. ${error.remedy}` : `a fault of baseline serve: ${errorText(error)}`);

const json = (status: number, value: unknown): Answer => ({ status, type: 'application/json', body: JSON.stringify(value) });

const NOTHING_HERE: Answer = { status: 404, type: 'text/plain', body: 'there is nothing here\n' };
/** Somebody's editor, another window, or `diff --update`. */
const STALE = { problem: 'the spec was changed by somebody else since this page was drawn', remedy: 'Nothing was written. Load the page again, then repeat the edit.', isStale: true };

/** The page of now, and when to make the next one. */
export async function openView(path: string, specFile: SpecFile | null, desk: RemoteDesk, options: OpenOptions = {}): Promise<View> {
  let store = openForReading(path, options);
  let inode = statSync(path).ino;
  let problem: string | null = null;
  let isBusy = false;
  let drawnAt = 0;
  let tookMs = 0;
  let triedKey = '';
  const first = await draw();
  if (isRefusal(first)) {
    store.close();
    throw new BaselineError(first.problem, first.remedy, EXIT.usage);
  }
  let page = first;

  async function draw(): Promise<DrawnPage | Refusal> {
    isBusy = true;
    const started = performance.now();
    try {
      return await desk.draw(specFile === null ? null : specFile.read().text);
    } finally {
      isBusy = false;
      drawnAt = performance.now();
      tookMs = drawnAt - started;
    }
  }

  async function redraw(): Promise<void> {
    try {
      const next = await draw();
      if (isRefusal(next)) problem = `${next.problem}. ${next.remedy}`;
      else {
        page = next;
        problem = null;
      }
    } catch (error) {
      problem = mended(error);
    }
  }

  /** A store that was put in the place of the one before is another file under the same name. */
  function revisionNow(): number {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) throw storeError(`the store ${path} is gone`, 'Put it back; the page shows what was read before.');
    const { ino } = stat;
    if (ino !== inode) {
      // First the new one: while there is none (another file was put there by mistake), the one before stays open and is known again.
      const next = openForReading(path);
      store.close();
      store = next;
      inode = ino;
    }
    return readRevision(store.db);
  }

  /** Draws in the background when something changed; for a spec that does not hold, once. */
  function follow(): void {
    if (isBusy) return;
    let spec: string | null;
    let revision: number;
    try {
      spec = specFile === null ? null : specFile.read().digest;
      revision = revisionNow();
    } catch (error) {
      problem = mended(asStoreError(error, path));
      return;
    }
    const key = pageKey(revision, spec);
    if (key === pageKey(page.revision, page.spec)) {
      problem = null;
      triedKey = '';
      return;
    }
    const isRested = performance.now() - drawnAt >= Math.max(LEAST_REST_MS, REST_FACTOR * tookMs);
    if (key === triedKey || (spec === page.spec && !isRested)) return;
    triedKey = key;
    void redraw();
  }

  /** `base` is the spec that the page shows: an edit is never made to anything else. */
  async function edit(file: SpecFile, { base, edit: wanted }: { readonly base?: unknown; readonly edit?: unknown }): Promise<Answer> {
    const now = file.read();
    if (now.digest !== base) return json(409, STALE);
    const change = await desk.edit(now.text, wanted);
    if (isRefusal(change)) return json(422, change);
    if (change.text === now.text) return json(422, { problem: 'this edit changes nothing', remedy: '' });
    if (!file.write(now.digest, change.text, change.sentence)) return json(409, STALE);
    follow();
    return json(200, { done: change.sentence, spec: file.read().digest });
  }

  function undo(file: SpecFile, { base }: { readonly base?: unknown }): Answer {
    if (file.read().digest !== base) return json(409, STALE);
    const sentence = file.undo();
    if (sentence === null) return json(422, { problem: 'there is nothing to take back', remedy: '' });
    follow();
    return json(200, { done: `taken back: ${sentence}`, spec: file.read().digest });
  }

  async function post(name: string, body: unknown): Promise<Answer> {
    if (specFile === null || typeof body !== 'object' || body === null) return NOTHING_HERE;
    try {
      return name === 'edit' ? await edit(specFile, body) : name === 'undo' ? undo(specFile, body) : NOTHING_HERE;
    } catch (error) {
      if (error instanceof BaselineError) return json(422, { problem: error.message, remedy: error.remedy });
      throw error;
    }
  }

  return {
    answer: ({ method, name, body }) => {
      if (method === 'POST') return post(name, body);
      if (name === '') return { status: 200, type: 'text/html', body: page.html, policy: page.policy };
      if (name !== 'change') return NOTHING_HERE;
      follow();
      return json(200, { report: pageKey(page.revision, page.spec), isBusy, isCapturing: page.isCapturing, problem, undo: undoable() });
    },
    sentence: () => page.sentence,
    close: () => store.close(),
  };

  function undoable(): string | null {
    try {
      return specFile?.undoable() ?? null;
    } catch (error) {
      // A spec that is gone is a problem of its own, said by follow().
      if (error instanceof BaselineError) return null;
      throw error;
    }
  }
}
