/** What is wrong with a configuration, as data: all of it is gathered before anything is refused. */

/**
 * What a refused configuration is about; stable, so that programs can branch on it. `VALIDATION` is what the service answers
 * with a ValidationException, all others with an InvalidArgumentException.
 */
export type ProblemCode =
  | 'PREFIX_NAMESPACE'
  | 'PREFIX_VALUE'
  | 'PREFIX_STRAY'
  | 'PREFIX_LENGTH'
  | 'PREFIX_ERRTYPE'
  | 'ERRPREFIX_REQUIRED'
  | 'ERRPREFIX_NO_TYPE'
  | 'ERRPREFIX_PARTKEY'
  | 'TIME_ZONE'
  | 'PARTKEY_DISABLED'
  | 'PARTKEY_MISSING'
  | 'QUERY_KEY_UNUSED'
  | 'QUERY_ENGINE'
  | 'QUERY_NO_DP'
  | 'DP_BUFFER'
  | 'DFC_COMPRESSION'
  | 'DFC_BUFFER'
  | 'DFC_SERDE'
  | 'ORC_UNAVAILABLE'
  | 'PROC_COUNT'
  | 'PROC_LAMBDA'
  | 'PROC_BUFFER'
  | 'PROC_RETRIES'
  | 'DEAGG'
  | 'CWL_ORDER'
  | 'DECOMPRESSION'
  | 'BACKUP_CONFIG'
  | 'BACKUP_BUFFER'
  | 'BUFFER_PAIR'
  | 'SSE_ONE'
  | 'SSE_SOURCE'
  | 'SOURCE_CONFIG'
  | 'OS_ENDPOINT'
  | 'OS_TYPE'
  | 'REDSHIFT_PREFIX'
  | 'REDSHIFT_BUFFER'
  | 'REDSHIFT_COMPRESSION'
  | 'DEST_ONE'
  | 'SECRET_ARN'
  | 'REDSHIFT_COPY'
  | 'VALIDATION'

export interface Problem {
  /** the option as AWS writes it, such as `BufferingHints.SizeInMBs` */
  readonly path: string
  readonly code: ProblemCode
  /** lower case, with the value; shape violations have the service's own words */
  readonly message: string
}
