with v as (select line, (text->>'$.arrival')::timestamp as arrival, (text->>'$.id')::integer as id, json_type(text, '$.x') as t, text->>'$.x' as x from lines)
select arrival, id, case when t = 'NULL' or t is null then null when t in ('VARCHAR', 'BOOLEAN') then lower(x) = 'true' else x <> '0' end from v where coalesce(t, '') not in ('ARRAY', 'OBJECT') order by line
