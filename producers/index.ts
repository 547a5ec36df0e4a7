/** User records into a stream. */
export { completeConfiguration, type ProducerConfiguration } from './configuration.ts'
export { ERROR_CODES_MAX, type ProducerMetrics } from './counters.ts'
export { type Attempt, type Outcome, PutError, type PutFailure } from './outcome.ts'
export { type CloseSummary, Producer, type ProducerOptions } from './producer.ts'
export type { PutEntry, PutOutcome, PutRefused, PutStored, PutTarget } from './put-target.ts'
export { streamTarget } from './stream-target.ts'
export type { UserRecordInput } from './user-record.ts'
