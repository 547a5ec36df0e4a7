select arrival, sym, line, line, line, sum(qty) over w, max(price) over w from input window w as (partition by sym order by line) order by line
