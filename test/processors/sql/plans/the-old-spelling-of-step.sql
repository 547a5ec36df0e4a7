create stream o (starts timestamp, n bigint);
create pump p as insert into o select stream timestamp '1970-01-01 00:00:00' + floor((t.rowtime - timestamp '1970-01-01 00:00:00') second / 10 to second) * 10, count(*) from trades t group by floor((t.rowtime - timestamp '1970-01-01 00:00:00') second / 10 to second);
