/** What is wrong with a configuration, as data: all of it is gathered before anything is refused. */

/** What a refused configuration is about; stable, so that programs can branch on it. */
export type ProblemCode =
  | 'PREFIX_NAMESPACE'
  | 'PREFIX_VALUE'
  | 'PREFIX_STRAY'
  | 'PREFIX_LENGTH'
  | 'PREFIX_ERRTYPE'
  | 'ERRPREFIX_REQUIRED'
  | 'ERRPREFIX_NO_TYPE'
  | 'ERRPREFIX_PARTKEY'
  | 'PARTKEY_DISABLED'
  | 'DFC_COMPRESSION'
  | 'DFC_BUFFER'
  | 'DFC_SERDE'
  | 'VALIDATION'

export interface Problem {
  /** the option as AWS writes it, such as `BufferingHints.SizeInMBs` */
  readonly path: string
  readonly code: ProblemCode
  /** lower case, with the value */
  readonly message: string
}
