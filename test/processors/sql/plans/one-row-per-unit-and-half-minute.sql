create or replace stream "hot_units" (unit varchar(12) not null, peak double, n integer);
create or replace pump "hot_pump" as insert into "hot_units" (unit, peak, n) select stream s."unit", max(s."celsius"), count(*) from "SOURCE_SQL_STREAM_001" as s where s."celsius" > 70 group by s."unit", step(s.rowtime by interval '30' second);
