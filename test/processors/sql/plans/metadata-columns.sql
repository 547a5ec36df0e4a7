create stream o (t timestamp, k varchar(512), s varchar(128), h varchar(64));
create pump p stopped as insert into o select stream approximate_arrival_time, t.partition_key, sequence_number, shard_id from trades as t;
alter pump p start;
