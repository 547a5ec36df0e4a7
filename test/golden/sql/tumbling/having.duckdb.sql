select date_trunc('minute', arrival) + interval 1 minute as w, sym, count(*), sum(qty) from input group by w, sym
having count(*) > 1 and (sum(qty) > 60 or min(price) < 1) and sym <> 'NONE' order by w, min(line)
