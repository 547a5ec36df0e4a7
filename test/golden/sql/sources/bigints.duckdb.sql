with v as (select line, (text->>'$.arrival')::timestamp as arrival, (text->>'$.id')::integer as id, json_type(text, '$.x') as t, text->>'$.x' as x from lines)
select arrival, id, case when t in ('UBIGINT', 'BIGINT') then x::bigint end from v where t is null or t = 'NULL' or t in ('UBIGINT', 'BIGINT') and x::bigint > 1000 order by line
