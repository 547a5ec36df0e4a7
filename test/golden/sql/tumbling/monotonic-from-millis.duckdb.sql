with w as (select time_bucket(interval 30 second, arrival) as w, count(*) as n, sum(qty) as q, min(arrival) as opened, max(arrival) as closed from input group by w)
select coalesce(lead(opened) over (order by w), closed), w, n, q from w order by w
