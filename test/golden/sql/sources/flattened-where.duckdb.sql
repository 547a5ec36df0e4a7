with r as (select line, text, (text->>'$.arrival')::timestamp as arrival, unnest(json_extract(text, '$.readings[*]')) as e from lines)
select arrival, text->>'$.meta.device.id', (e->>'$.v')::double from r where e->>'$.kind' = 'temp' and (e->>'$.v')::double >= 19 order by line
