/** Completeness in words for people. The numbers stand in JSON. */
/** Of what a completeness is a share. */
export const COMPLETENESS_MEANS = "complete: of the different operations that will have been asked between two zones, either way, in four weeks' time, the share that has been seen";

/** A completeness in whole percent, rounded down: 99.99 % is not all. Taken to its four digits first, or 0.29 becomes 28 %. */
export const wholePercent = (share: number): string => `${Math.floor(Math.round(share * 1e4) / 100)} %`;
