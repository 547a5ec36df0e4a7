with g as (select time_bucket(interval 120 second, arrival) + interval 120 second as w, side || '/' || sym as what, count(*) as n, min(line) as line from input where qty > 0 and side || sym is not null group by w, what)
select w, what, n from g order by w, n desc, line
