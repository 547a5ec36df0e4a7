/** IcebergDestinationConfiguration: checked, and refused by name at start. */
import {
  bufferingHints,
  cloudWatchLoggingOptions,
  nonEmptyWithoutSpace,
  processingConfiguration,
  retryOptions,
  roleArn,
} from './common.ts'
import { s3Destination } from './s3.ts'
import { boolean, list, oneOf, structure, type TypeOf, text } from './shape.ts'

const tableName = text(1, 255, '[a-zA-Z0-9._]+')
const enabled = structure({ Enabled: boolean }, {})

export const icebergDestination = structure(
  {
    RoleARN: roleArn,
    CatalogConfiguration: structure(
      {},
      {
        CatalogARN: text(1, 512, 'arn:.*:glue:.*:\\d{12}:catalog(?:(/[a-z0-9_\\-]+){1,2})?'),
        WarehouseLocation: text(1, 2_048, 's3:\\/\\/.*'),
      },
    ),
    S3Configuration: s3Destination,
  },
  {
    DestinationTableConfigurationList: list(
      structure(
        { DestinationTableName: tableName, DestinationDatabaseName: tableName },
        {
          UniqueKeys: list(nonEmptyWithoutSpace),
          PartitionSpec: structure({}, { Identity: list(structure({ SourceName: nonEmptyWithoutSpace }, {})) }),
          S3ErrorOutputPrefix: text(0, 1_024),
        },
      ),
    ),
    SchemaEvolutionConfiguration: enabled,
    TableCreationConfiguration: enabled,
    BufferingHints: bufferingHints(1, 128, 900),
    CloudWatchLoggingOptions: cloudWatchLoggingOptions,
    ProcessingConfiguration: processingConfiguration,
    S3BackupMode: oneOf('FailedDataOnly', 'AllData'),
    RetryOptions: retryOptions,
    AppendOnly: boolean,
  },
)

export type IcebergDestinationConfiguration = TypeOf<typeof icebergDestination>
