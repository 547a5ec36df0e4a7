with g as (select floor((id - 15) / 10.0)::integer * 10 as g, count(*) as n, max(id) as hi, min(arrival) as opened, max(arrival) as closed from input group by g)
select coalesce(lead(opened) over (order by g), closed), g, n, hi from g order by g
