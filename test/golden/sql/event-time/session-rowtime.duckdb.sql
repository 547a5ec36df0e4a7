-- stream: OUT
with marked as (select *, coalesce(arrival - lag(arrival) over (partition by sym order by line) >= interval 1 minute, true)::integer as opens from input),
  numbered as (select *, sum(opens) over (partition by sym order by line) as visit from marked)
select max(arrival) + interval 1 minute as we, sym, min(arrival), count(*) from numbered group by sym, visit order by we, min(line)
