with g as (select id // 5 * 5 as k, count(*) as n, max(id) as last_id from input group by k)
select coalesce((select arrival from input i where i.id = g.last_id + 1), (select max(arrival) from input)), k, n, last_id from g order by k
