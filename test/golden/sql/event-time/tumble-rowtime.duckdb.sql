-- stream: OUT
select date_trunc('minute', arrival) + interval 1 minute as w, sym, count(*), sum(qty) from input group by w, sym order by w, min(line)
