/** The report for programs: the whole model as one JSON document. In: the model. Out: chunks of text. */
import { jsonDocument } from '../json.ts';
import type { ReportModel } from './model.ts';

export const reportJson = (model: ReportModel): Iterable<string> => [jsonDocument(model)];
