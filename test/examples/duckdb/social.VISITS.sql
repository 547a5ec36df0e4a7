with starts as (
  select *, coalesce(arrival - lag(arrival) over w >= interval 2 minute, true) as begins from input
  window w as (partition by author order by line)
), visits as (select *, sum(begins::integer) over (partition by author order by line) as visit from starts)
select max(arrival) + interval 2 minute as ended, author, min(arrival), max(arrival) + interval 2 minute, count(*), count(distinct tag)
from visits group by author, visit order by ended, min(line)
