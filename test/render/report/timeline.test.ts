/** A capture whose clock was not set makes thousands of days: one row for all that nobody heard, and no mark a day. */
import { expect, test } from 'vitest';
import type { ReportModel, TimelineDay } from '../../../src/render/report/model.ts';
import { completenessChart, timelineChart } from '../../../src/render/report/timeline.ts';

const DAY_MS = 86_400_000;
const day = (i: number, isHeard: boolean): TimelineDay => ({ date: new Date(i * DAY_MS).toISOString().slice(0, 10), newConversations: 1, newOperations: 1, seenOperations: 1, newShare: null, isHeard, regimes: [] });
const chart = (days: readonly TimelineDay[]): string => completenessChart({ timeline: { days }, status: { completeness: { seen: 1, unseen: 0 } } } as unknown as ReportModel).markup;

test('days without anything are one row and one word', () => {
  const markup = chart(Array.from({ length: 20_000 }, (_, i) => day(i, i === 0 || i >= 19_998)));
  expect(markup.match(/nothing was heard/g)).toHaveLength(1);
  expect(markup).toContain('<th scope="row">1970-01-02 to 2024-10-01</th>');
  expect(markup.match(/>gap</g)).toHaveLength(1);
  expect(markup.length).toBeLessThan(10_000);
});

test('a day alone keeps its row, and a narrow one no word', () => {
  const markup = chart([day(0, true), day(1, false), day(2, true)]);
  expect(markup).toContain('<th scope="row">1970-01-02</th><td colspan="4">nothing was heard</td>');
  expect(markup.match(/>gap</g)).toHaveLength(1);
  expect(chart(Array.from({ length: 200 }, (_, i) => day(i, i !== 7)))).not.toContain('>gap<');
});

test('a label that the drawing has no room for is left out: the last day may be an hour of one', () => {
  const hours = 28 * 24 + 1;
  const sensor = Array.from({ length: hours }, () => ({ packets: 1, lostSegments: 0, duplicates: 0 }));
  const model = { timeline: { columns: hours, step: 1, firstHour: 0, days: [], sensor, zones: [] }, head: { timezone: 'UTC' }, zones: [], findings: [] } as unknown as ReportModel;
  const labels = [...timelineChart(model).markup.matchAll(/<text class="tick" x="([\d.]+)"[^>]*>([\d-]+)</g)];
  const [, width] = /<svg [^>]* width="(\d+)"/.exec(timelineChart(model).markup) ?? [];
  expect(labels[0][2]).toBe('01-01');
  expect(labels.map(([, , label]) => label)).not.toContain('01-29');
  expect(Math.max(...labels.map(([, x]) => Number(x))) + 35).toBeLessThan(Number(width));
});
