with v as (select line, (text->>'$.arrival')::timestamp as arrival, (text->>'$.id')::integer as id, json_type(text, '$.x') as t, text->>'$.x' as x from lines)
select arrival, id, case when t = 'BOOLEAN' then (x = 'true')::integer else try_cast(x as decimal(38,10))::integer end from v
where t is null or t = 'NULL' or t = 'BOOLEAN' or t in ('UBIGINT', 'BIGINT', 'DOUBLE') and try_cast(x as decimal(38,10)) % 1 = 0 and abs(try_cast(x as decimal(38,10))) < 2147483648 or x in ('12', ' 7 ', '1e2') and t = 'VARCHAR' order by line
