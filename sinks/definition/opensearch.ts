/** ElasticsearchDestinationConfiguration and its successors for OpenSearch, whose members are the same. */
import {
  bufferingHints,
  cloudWatchLoggingOptions,
  documentIdOptions,
  processingConfiguration,
  retryOptions,
  roleArn,
  rotationPeriod,
  vpcConfiguration,
} from './common.ts'
import { s3Destination } from './s3.ts'
import { oneOf, structure, type TypeOf, text } from './shape.ts'

const indexName = text(1, 80)
const endpoint = text(1, 512, 'https:.*')

const shared = {
  BufferingHints: bufferingHints(1, 100, 900),
  RetryOptions: retryOptions,
  S3BackupMode: oneOf('FailedDocumentsOnly', 'AllDocuments'),
  ProcessingConfiguration: processingConfiguration,
  CloudWatchLoggingOptions: cloudWatchLoggingOptions,
  VpcConfiguration: vpcConfiguration,
} as const

const required = { RoleARN: roleArn, IndexName: indexName, S3Configuration: s3Destination } as const

export const openSearchDestination = structure(required, {
  ...shared,
  DomainARN: text(1, 512, 'arn:.*:es:[a-zA-Z0-9\\-]+:\\d{12}:domain/[a-z][\\-0-9a-z]{2,27}'),
  ClusterEndpoint: endpoint,
  TypeName: text(0, 100),
  IndexRotationPeriod: rotationPeriod,
  DocumentIdOptions: documentIdOptions,
})

export type OpenSearchDestinationConfiguration = TypeOf<typeof openSearchDestination>

/** Serverless collections have no rotation and no document ids. */
export const openSearchServerlessDestination = structure(required, { ...shared, CollectionEndpoint: endpoint })

export type OpenSearchServerlessDestinationConfiguration = TypeOf<typeof openSearchServerlessDestination>
