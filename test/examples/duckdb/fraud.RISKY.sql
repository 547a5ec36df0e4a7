select time_bucket(interval 15 minute, arrival, timestamp '1970-01-01') + interval 15 minute as ended,
  coalesce(m."CATEGORY", 'unknown') as category, count(*), count(distinct card), sum(amount)
from input p left join "MERCHANTS" m on m."ID" = p.merchant
where m."RISK" >= 3 or m."ID" is null
group by ended, category order by ended, min(p.line)
