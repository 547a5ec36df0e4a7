with m as (select *, case when arrival - lag(arrival) over (partition by sym order by line) < interval 1 minute then 0 else 1 end as opens from input),
  n as (select *, sum(opens) over (partition by sym order by line) as session_no from m)
select arrival, sym, session_no, row_number() over (partition by sym, session_no order by line) from n order by line
