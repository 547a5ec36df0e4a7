select arrival, id, strftime(t1, '%a %d %b'), strftime(t1, '%j'), isodow(t1)::varchar, strftime(d1, '%a'), strftime(date '2000-01-01' + at1, '%-I %p') from input where t1 is not null order by line
