with r as (select line, (text->>'$.arrival')::timestamp as arrival, json_extract(text, '$.readings[*]') as l, generate_subscripts(l, 1) as place, unnest(l) as e from lines)
select date_trunc('minute', arrival) + interval 1 minute as w, e->>'$.kind' as k, avg((e->>'$.v')::double), count(e->>'$.v') from r group by w, k having count(e->>'$.v') > 0 order by w, min((line, place))
