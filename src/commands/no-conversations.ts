/** Why there is nothing to propose or to report. In: what was observed, without a conversation. Out: the error, which sends nobody to import again what is there. */
import { usageError, type BaselineError } from '../errors.ts';
import { plural } from '../infer/plural.ts';
import type { ObservationSet } from '../observation.ts';

export const noConversations = ({ sensor }: ObservationSet): BaselineError =>
  sensor.packets === 0
    ? usageError('the store holds no conversations yet', 'Import a capture first: baseline import PATH...')
    : usageError(`the store holds ${plural(sensor.packets, 'packet')} and no conversation: none of them could be read so far`, '`baseline status` says where decoding stopped; for a link type that is not supported, capture where the devices speak Ethernet or IP.');
