select arrival, sym, count(*) over w, sum(qty) over w from input
window w as (partition by sym, date_trunc('minute', arrival) order by line rows unbounded preceding) order by line
