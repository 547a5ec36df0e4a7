/** Columns of every Hive type that does not nest. */
export const EVERY_PLAIN_TYPE = {
  yes: 'boolean',
  tiny: 'tinyint',
  small: 'smallint',
  whole: 'int',
  big: 'bigint',
  single: 'float',
  double: 'double',
  text: 'string',
  short: 'varchar(3)',
  raw: 'binary',
  day: 'date',
  seen: 'timestamp',
  fee: 'decimal(9,2)',
  price: 'decimal(18,4)',
  sum: 'decimal(38,6)',
}
