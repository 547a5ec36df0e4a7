create stream o (starts timestamp, ends timestamp, first_at timestamp);
create pump p as insert into o select stream step(rowtime by interval '10' second), rowtime, min(rowtime) from trades group by step(rowtime by interval '10' second) having count(*) > 1 and rowtime > timestamp '2024-01-01 00:00:00';
